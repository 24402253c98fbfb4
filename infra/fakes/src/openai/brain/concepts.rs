//! A small thesaurus of what families tell their advisor, for the words a sentence model does not bring together.

use super::super::words::stem;

/// Each line is one idea; a word may stand in several.
const IDEAS: &[&str] = &[
    "job work position role employer career eliminated laid layoff severance fired redundant unemployed downsized",
    "kid child children son daughter boy girl grandson granddaughter toddler nephew niece teenager",
    "parent parents mother father mom dad mama papa",
    "grandparent grandmother grandfather grandma grandpa abuela",
    "twins heartbeats ultrasound pregnant pregnancy expecting baby newborn due birth",
    "wedding married marry engaged engagement ceremony bride groom fiance",
    "anniversary married years fortieth fiftieth",
    "divorce divorced separated split custody ex",
    "death died passed funeral widow widower obituary estate inherited inheritance left",
    "surgery operation operate mri scan hospital sling tear surgeon procedure",
    "sick illness ill diagnosis diagnosed cancer chemo treatment doctor",
    "scam fraud fraudster swindle phishing stolen impostor medicare checkbook",
    "retire retirement retiring hanging boots quit",
    "house home cottage condo duplex mortgage",
    "move moving moved relocate relocating relocation",
    "abroad overseas foreign fly flight country danish",
    "fossil oil gas coal drill drills fracks fracking pipe pipeline petroleum",
    "portfolio holdings funds investments fund",
    "vehicle car truck van automobile pickup",
    "boat sailboat yacht sailing cruise",
    "adopt adopted adoption rescue rescued brought",
    "pet dog cat puppy kitten greyhound",
    "heating heat furnace boiler",
    "debt loan loans owe borrowed mortgage",
    "school college university tuition campus degree",
    "charity donate donation giving nonprofit foundation donor",
    "baseball pitch pitches pitcher league inning shortstop",
    "soccer goal goalkeeper striker",
    "music violin piano cello orchestra choir symphony band",
    "trip travel vacation holiday journey tour visit",
    "train rail railway",
    "solar renewable wind panels",
    "fire burned burnt smoke flames",
    "alcohol beer brewery brewing wine winery vineyard taproom",
    "restaurant food kitchen chef cafe truck catering",
    "bakery ovens oven bread baker",
    "stock shares equity",
    "concentrated concentration percent diversify one",
    "worried afraid anxious nervous scared sleep",
    "climb climbing hike mountain fourteener summit peak",
    "lottery jackpot prize won",
    "tax taxes irs refund deduction",
    "phone telephone number cell mobile",
    "pilot plane airplane aircraft cessna flies flying aviation",
    "allergy allergic epipen nut nuts almond almonds peanut shellfish gluten",
    "instrument violin piano cello guitar flute oboe oboist clarinet trumpet",
    "string violin viola cello guitar",
    "horse mare foal pony colt stallion riding",
    "automobile mustang corvette convertible fastback",
    "forgetful forgets forgot memory repeats repeated question dementia confused",
    "deaf hearing ears",
    "flood flooded basement water leak burst",
    "attorney lawyer solicitor",
    "guardian guardians custody",
    "panic panicked everything crash",
    "liquidate sell cash",
    "island martinique hawaii bermuda caribbean",
    "refer referred referral recommended introduced",
    "drive drives driving keys license",
    "husband wife spouse partner",
    "fellowship sabbatical residency semester",
    "avoid mention bring raise",
    "election council mayor candidate campaign",
    "vegetarian vegan meat",
    "offer offered offering job letter",
    "sell sells selling sold sale",
    "buy buys buying bought purchase",
    "spend spent spending cost",
    "give gave given gift",
    "choose chose chosen name named pick",
    "cattle cow cows herd head steers calves",
    "meeting appointment call review lunch",
];

/// Whether two words stand for the same idea, or are forms of one word.
pub fn same_idea(a: &str, b: &str) -> bool {
    let (a, b) = (stem(a), stem(b));
    let holds = |idea: &str, word: &str| idea.split(' ').any(|other| stem(other) == word);
    a == b || IDEAS.iter().any(|idea| holds(idea, &a) && holds(idea, &b))
}

/// Other words for the ideas a word stands for.
pub fn kin(word: &str) -> Vec<&'static str> {
    let stemmed = stem(word);
    let ideas = IDEAS.iter().filter(|idea| idea.split(' ').any(|other| stem(other) == stemmed));
    ideas.flat_map(|idea| idea.split(' ')).filter(|other| stem(other) != stemmed).collect()
}
