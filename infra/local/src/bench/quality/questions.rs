//! Questions about the demo practice that nothing was tuned to: written after the search was, from the mails and notes alone, and
//! not looked at again. Each with all the places that answer it.

use fakes::practice::questions::Source;

pub struct Labelled {
    pub question: &'static str,
    pub places: &'static [Source],
}

const fn asked(question: &'static str, places: &'static [Source]) -> Labelled {
    Labelled { question, places }
}

macro_rules! mails {
    ($question:literal, $($place:literal),+) => { asked($question, &[$(Source::Mail($place)),+]) };
}

macro_rules! notes {
    ($question:literal, $($place:literal),+) => { asked($question, &[$(Source::Note($place)),+]) };
}

pub const HELD_OUT: &[Labelled] = &[
    mails!("To what hour did Nora move our call?", "ellison-saturday/2", "ellison-saturday/3"),
    mails!("What share of the Halls' money is in a single company?", "hall-aapl/1", "hall-aapl/3"),
    mails!("Which part of the schedule did Greg and Carolyn approve first?", "hall-aapl/4"),
    mails!("What did the new heater cost Linda?", "kowalczyk-furnace/1", "kowalczyk-furnace/2"),
    mails!("Where did Linda stay while her house was cold?", "kowalczyk-furnace/3"),
    mails!("What should Søren arrange before flying to Denmark?", "ostergaard-aarhus/2", "ostergaard-aarhus/1"),
    mails!("How much does the credit union lend for Kofi's new vehicle?", "mensah-truck/1"),
    mails!("Did Kofi sign the personal guarantee?", "mensah-truck/3", "mensah-truck/2"),
    mails!("Which arm can Trish not use?", "lindqvist-cuff/1"),
    mails!("How much life cover did I suggest to the parents of the twins?", "rosenthal-two/2"),
    mails!("How many months can Jamal live without a salary?", "whitaker-severance/2", "whitaker-severance/3"),
    mails!("Did Jamal hear back from employers?", "whitaker-severance/4"),
    mails!("What did the bank do after Dolores gave away her account number?", "quintana-medicare/3"),
    mails!("What does Victor's bank charge for each wire?", "petrenko-lviv/1"),
    mails!("How many of Steph's funds have a version without fossil fuels?", "bloom-drills/2"),
    mails!("Who should look at the contract for the panels on the Tuttle farm?", "tuttle-solar/2"),
    mails!("How did I suggest Keisha use what she no longer owes?", "randolph-last/2"),
    mails!("What is the greyhound called?", "fujimoto-biscuit/1", "fujimoto-biscuit/2"),
    mails!("What would let Craig stop working at sixty?", "hollister-sixty/2"),
    mails!("Which piece is Monique's orchestra performing?", "lefebvre-brahms/1"),
    mails!("Which credit line could keep the baker's staff paid?", "haddad-kitchen/2"),
    mails!("Where did Samir bake after the blaze?", "haddad-kitchen/3"),
    mails!("Why did Evelyn cut her brother out?", "crowe-clara/1"),
    mails!("What did I tell Doug about his bonds when the market fell?", "wetzel-everything/2"),
    mails!("How much will the Baptistes give Celeste for the ceremony?", "baptiste-celeste/1"),
    mails!("Where should Joanna keep Winifred's money for now?", "pryce-aunt/2"),
    mails!("Who owns the college account for Paloma?", "ibarra-paloma/2"),
    mails!("What does insurance for Josie's Ford cost?", "sundquist-josie/1"),
    mails!("How many of Priya's shares vest early?", "raman-acquired/3", "raman-acquired/2"),
    mails!("What does the two-family house near Priya cost?", "raman-duplex/1"),
    mails!("What did June offer to bake?", "abernathy-keys/1", "abernathy-keys/2"),
    mails!("What is Theo's phone number?", "feldstein-theo/1"),
    mails!("What should Theo bring to his first meeting?", "feldstein-theo/4"),
    mails!("What does the interpreter have in her retirement account?", "restrepo-inquiry/1"),
    mails!("What did the shop say Wendell's cards are worth?", "pennington-cards/1"),
    mails!("How should Arthur prove the value of the collection?", "pennington-cards/2"),
    mails!("Which of Hector's sons is to manage the company?", "dominguez-shop/6"),
    mails!("What does the outside valuation of the family's company cost?", "dominguez-shop/6"),
    mails!("When did the first Marchetti come to Weld County?", "marchetti-minerals/1"),
    mails!("What did I advise about the trust and the royalties?", "marchetti-minerals/2"),
    mails!("What does Ruth pay for the chess players' room?", "feldstein-letter/1", "feldstein-letter/2"),
    mails!("What should happen to the box marked TAXES 1987?", "feldstein-letter/1"),
    mails!("What was Finn's work before the brewery?", "orourke-oneyear/1"),
    mails!("How should the O'Rourkes pay for the roof?", "orourke-oneyear/2"),
    mails!("How much does Zoë put aside each month?", "whitfield-newlife/2"),
    mails!("Can a 529 pay for a university in Canada?", "beland-margaux/2", "beland-margaux/1"),
    mails!("Which of the Banks twins chose CU?", "banks-twins/1", "banks-twins/2"),
    mails!("What does Daria's trip to the championship cost?", "petrenko-daria/1"),
    mails!("Why is Dean not taking over the farm?", "tuttle-dean/1"),
    mails!("What is the roofing job for the school district worth?", "gallagher-knees/1"),
    mails!("What does the boiler at the inn cost?", "hagen-inn/1"),
    mails!("How much a month fills Seun's 457(b)?", "adeyemi-backdoor/2"),
    mails!("Which partner is leaving Sara's practice?", "smith-partner/1"),
    mails!("In which maturities did I put the cattle money?", "thornton-cattle/2"),
    mails!("How large a mortgage was Keisha approved for?", "randolph-house/1"),
    mails!("With whom is Linda going to Alaska?", "kowalczyk-barb/1"),
    mails!("What did I forget at Evelyn's?", "crowe-pen/1"),
    mails!("Which documents is Ana Kessler still waiting for?", "kessler-list/1"),
    mails!("What did I leave open for Marcus before my vacation?", "marcus-cover/1"),
    mails!("Which duration does Marcus want for the core bonds?", "marcus-models/1"),
    mails!("Where would Paul teach for a year?", "ellison-abroad/1"),
    mails!("Who paid for the bakery's roof?", "haddad-reopen/1"),
    mails!("What is wrong with the definition in Mei-Ling's policy?", "chow-disability/1"),
    notes!("Will Greg Novak's wife guarantee the loan?", "novak-cosign"),
    notes!("What is the password when Dolores calls?", "quintana-granddaughter"),
    notes!("Which foreign account must the Bélands report?", "beland-rrsp"),
    notes!("What interest does Trish pay on the kiln?", "lindqvist-kiln"),
    notes!("Which charity does Carolyn Hall want to give half to?", "hall-donor"),
    notes!("What rent does the tenant above the workshop pay?", "ostergaard-workshop"),
    notes!("Which pension option should Craig elect?", "hollister-pension"),
    notes!("Did the Wetzels ever go bankrupt?", "wetzel-bankruptcy"),
    notes!("Who was left out of Winifred's will?", "pryce-sister"),
    notes!("Which land does Bill want to protect for ever?", "thornton-easement"),
    notes!("Who rents the Tuttles' north quarter?", "tuttle-handshake"),
    notes!("What is being built in Ghana in memory of a father?", "mensah-village"),
    notes!("When would Keisha take over the animal hospital?", "randolph-clinic"),
    notes!("Whose grandson joined the Coast Guard?", "abernathy-hearing"),
    notes!("How much does Sara need to buy out her colleague?", "smith-goal"),
];
