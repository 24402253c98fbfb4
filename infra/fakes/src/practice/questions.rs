//! Questions about the demo practice with known answers, for measuring an assistant that has read it.
//!
//! They are put as the first advisor. Half of the questions with an answer share no content word with the place that
//! gives it; the tests hold the list to that.

/// One question and what a right answer holds.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub question: &'static str,
    pub expect: Expect,
}

#[derive(Clone, Copy, Debug)]
pub enum Expect {
    /// The one right answer: all of `names` appear in it, and it cites `source`.
    Names {
        names: &'static [&'static str],
        source: Source,
        /// Words of the source that state the fact and stand nowhere else in the advisor's mail and notes.
        fact: &'static str,
    },
    /// Nothing in the book answers it, and the answer says so.
    Nothing,
    /// Several people fit: the answer asks back and tells these apart.
    Ambiguous(&'static [&'static str]),
}

/// Where a fact is written.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// The name that [`super::mail_id`] makes a Gmail id of.
    Mail(&'static str),
    /// The name that [`super::note_id`] makes a HubSpot id of.
    Note(&'static str),
    /// What an event is called.
    Event(&'static str),
    /// What a deal is called.
    Deal(&'static str),
}

const fn mail(
    question: &'static str,
    names: &'static [&'static str],
    source: &'static str,
    fact: &'static str,
) -> Asked {
    Asked { question, expect: Expect::Names { names, source: Source::Mail(source), fact } }
}

const fn note(
    question: &'static str,
    names: &'static [&'static str],
    source: &'static str,
    fact: &'static str,
) -> Asked {
    Asked { question, expect: Expect::Names { names, source: Source::Note(source), fact } }
}

const fn event(question: &'static str, names: &'static [&'static str], source: &'static str) -> Asked {
    Asked { question, expect: Expect::Names { names, source: Source::Event(source), fact: source } }
}

const fn deal(question: &'static str, names: &'static [&'static str], source: &'static str) -> Asked {
    Asked { question, expect: Expect::Names { names, source: Source::Deal(source), fact: source } }
}

const fn nothing(question: &'static str) -> Asked {
    Asked { question, expect: Expect::Nothing }
}

/// The questions.
pub const ASKED: &[Asked] = &[
    // In other words than the source's.
    mail("Who mentioned their kid plays baseball?", &["Nora Ellison"], "ellison-saturday/1", "Little League"),
    mail("Whose heating died?", &["Linda Kowalczyk"], "kowalczyk-furnace/1", "The furnace gave out"),
    mail(
        "Which client went abroad to look after a parent?",
        &["Søren Østergaard"],
        "ostergaard-aarhus/1",
        "mother in Aarhus",
    ),
    mail(
        "Who is growing a mobile restaurant business?",
        &["Kofi Mensah"],
        "mensah-truck/1",
        "signed for a second truck",
    ),
    mail("Who is having shoulder surgery?", &["Trish Lindqvist"], "lindqvist-cuff/1", "rotator cuff"),
    mail("Who is pregnant?", &["Hannah Rosenthal"], "rosenthal-two/1", "two heartbeats"),
    mail("Who lost their job?", &["Jamal Whitaker"], "whitaker-severance/1", "eliminated on Friday"),
    mail(
        "Which client was tricked by a scammer?",
        &["Dolores Quintana"],
        "quintana-medicare/1",
        "numbers along the bottom",
    ),
    mail("Who wants no oil companies among her investments?", &["Stephanie Bloom"], "bloom-drills/1", "drills, fracks"),
    mail("Whose college debt is finally gone?", &["Keisha Randolph"], "randolph-last/1", "last student loan payment"),
    mail("Whose new dog used to race?", &["Naomi Fujimoto"], "fujimoto-biscuit/1", "greyhound straight off the track"),
    mail(
        "Who would like to retire earlier than planned?",
        &["Craig Hollister"],
        "hollister-sixty/1",
        "60 instead of 62",
    ),
    mail("Whose bakery burned?", &["Samir Haddad"], "haddad-kitchen/1", "fire in the back kitchen"),
    mail(
        "Who panicked and asked to liquidate the whole portfolio?",
        &["Doug Wetzel"],
        "wetzel-everything/1",
        "Get me out of everything",
    ),
    mail(
        "Whose daughter will have her wedding on an island?",
        &["Simone Baptiste"],
        "baptiste-celeste/1",
        "Ceremony in Martinique",
    ),
    mail("Whose mare had a baby?", &["Wyatt Sundquist"], "sundquist-foal/1", "dropped her foal"),
    mail(
        "Who climbed all of Colorado's highest mountains?",
        &["Colleen O'Rourke"],
        "orourke-fiftyeight/1",
        "every fourteener",
    ),
    mail("Whose husband no longer drives at night?", &["Abernathy"], "abernathy-keys/1", "gave up the keys"),
    mail("Who plays a string instrument?", &["Monique Lefebvre"], "lefebvre-brahms/1", "second violin"),
    note(
        "Which client seems to be getting forgetful?",
        &["Irene Pawlak"],
        "pawlak-repeats",
        "same question three times",
    ),
    note("Who is a pilot?", &["Seun Adeyemi"], "adeyemi-cessna", "Cessna"),
    note("Which client can't eat almonds?", &["Terrence Banks"], "banks-epipen", "EpiPen"),
    note("Whose divorce became final?", &["Zoë Whitfield"], "whitfield-decree", "Decree came through"),
    note("Who is restoring a classic automobile?", &["Ray"], "dufresne-mustang", "Mustang"),
    note("Which client is somewhat deaf?", &["Monique Lefebvre"], "lefebvre-hearing", "hearing aids"),
    // In the source's own words, or nearly.
    mail("Why did Greg say he wanted to sell AAPL?", &["Greg Hall", "41%"], "hall-aapl/1", "want to sell AAPL"),
    mail("Which Greg is opening a taproom?", &["Greg Novak"], "novak-taproom/1", "twelve taps"),
    mail("How much is Victor wiring to his sister each month?", &["$600"], "petrenko-lviv/1", "$600"),
    mail(
        "What is the solar company offering Harold Tuttle per acre?",
        &["$1100"],
        "tuttle-solar/1",
        "$1100 an acre a year",
    ),
    mail("Whom did Evelyn Crowe choose to inherit her IRA?", &["Clara"], "crowe-clara/1", "name my niece Clara"),
    mail("How much did Joanna Pryce inherit from her aunt?", &["$310,000"], "pryce-aunt/1", "$310,000"),
    mail(
        "How much do Luis and Marisol want to save for Paloma every month?",
        &["$250"],
        "ibarra-paloma/1",
        "We can put $250 every month",
    ),
    mail("Which company is buying Northfork?", &["Halvorsen Therapeutics"], "raman-acquired/1", "Halvorsen"),
    mail("Who referred Theo Blanchard?", &["Ruth Feldstein"], "feldstein-theo/1", "grand-nephew Theo"),
    mail(
        "Who inherited a baseball-card collection?",
        &["Arthur Pennington"],
        "pennington-cards/1",
        "baseball-card collection",
    ),
    mail("Whose daughter keeps goal for a soccer team?", &["Mei-Ling Chow"], "chow-goal/1", "under-12 soccer"),
    mail(
        "Who heard my library talk and asked whether I take new clients?",
        &["Camila Restrepo"],
        "restrepo-inquiry/1",
        "yellow notebook",
    ),
    mail(
        "What did the Dallas company offer Peter Marchetti for the mineral rights?",
        &["$390,000"],
        "marchetti-minerals/1",
        "$390,000",
    ),
    mail("How many cattle did Bill sell?", &["212"], "thornton-cattle/1", "212 head"),
    mail("Who are the Rosenthals' guardians?", &["Ari"], "rosenthal-wills/1", "brother Ari"),
    mail("How large is Jamal's written job offer?", &["$148k"], "whitaker-offer/1", "$148k"),
    note("On which day does Sara Smith like to meet?", &["Thursday"], "smith-thursdays", "prefers Thursdays"),
    note("Who is Bill's foreman?", &["Rusty"], "thornton-rusty", "Rusty"),
    note("Who is Ruth Feldstein's estate attorney?", &["Miriam Katz-Olsen"], "feldstein-attorney", "Katz-Olsen"),
    note(
        "Where do the Marchettis keep the originals of the trust?",
        &["First Mesa Bank"],
        "marchetti-originals",
        "First Mesa Bank",
    ),
    note("What is the daily benefit of Alice Hagen's long-term care policy?", &["$210"], "hagen-ltc", "$210"),
    note("Whom should I not mention to Tom Gallagher?", &["Mick"], "gallagher-brother", "Mick"),
    note("Where does Naomi plan to spend her fellowship?", &["Kyoto"], "fujimoto-sabbatical", "Kyoto"),
    // Nobody said so.
    nothing("Who plays the harp?"),
    nothing("Which client raises alpacas?"),
    nothing("Who asked about buying Tesla stock?"),
    nothing("Whose basement was flooded?"),
    nothing("Who is running for city council?"),
    nothing("What did Sara Smith say about cryptocurrency?"),
    nothing("Which client is a vegetarian?"),
    nothing("Who wants to sell Microsoft?"),
    nothing("Whose passport was stolen?"),
    nothing("What is Greg Hall's blood type?"),
    // There are two Gregs, and both fit.
    Asked { question: "What is Greg's wife called?", expect: Expect::Ambiguous(&["Greg Hall", "Greg Novak"]) },
    Asked { question: "Which town does Greg live in?", expect: Expect::Ambiguous(&["Greg Hall", "Greg Novak"]) },
    Asked { question: "How old is Greg?", expect: Expect::Ambiguous(&["Greg Hall", "Greg Novak"]) },
    Asked { question: "What is Greg's phone number?", expect: Expect::Ambiguous(&["Greg Hall", "Greg Novak"]) },
];

/// Questions that the calendar and the deals answer, whatever day the book is made for.
pub const ASKED_OF_RECORDS: &[Asked] = &[
    event("When is my next meeting with Bill Thornton?", &["Annual review: Bill Thornton", "13:30"], BILL),
    event("When do I meet Nora next?", &["Planning call", "10:00"], "Planning call: Nora & Paul Ellison"),
    event(
        "when is my next call with Greg Novak",
        &["Greg Novak: plan documents", "11:00"],
        "Greg Novak: plan documents",
    ),
    event(
        "What do I have in the next two weeks?",
        &["Sara Smith: buy-out numbers", "Marcus away", "Compliance visit"],
        BILL,
    ),
    event(
        "When is my next meeting with Joanna Pryce?",
        &["Joanna Pryce: what next", "13:00"],
        "Joanna Pryce: what next",
    ),
    deal("What is the Hall deal worth?", &["4000"], "Hall: concentrated stock plan"),
    deal("How much is the Pryce deal?", &["310000"], "Pryce: inherited CDs"),
    deal("What stage is the Raman deal in?", &["decisionmakerboughtin"], "Raman: acquisition tax plan"),
    deal(
        "When does the Rosenthal deal close?",
        &["Rosenthal: term life, two policies"],
        "Rosenthal: term life, two policies",
    ),
    deal(
        "Which deals close in the next three weeks?",
        &["Theo Blanchard: onboarding", "Chow: own-occupation", "Rosenthal"],
        THEO,
    ),
];

const BILL: &str = "Annual review: Bill Thornton";
const THEO: &str = "Theo Blanchard: onboarding";
