//! The rules that nothing may break.

use std::fmt;

macro_rules! rules {
    ($($name:ident = $text:literal,)*) => {
        /// A rule, which is broken or not.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $(#[doc = $text] $name,)*
        }

        impl Rule {
            /// Every rule, in order of their names.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Returns the rule in words.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

rules! {
    ABookingOnlyGoesForwards = "a booking only goes forwards",
    ABookingStays = "a booking stays",
    AFailedBookingGivesItsKeyBack = "a failed booking gives its key back",
    AHoldEndsInTime = "a hold ends in time",
    AKeyIsRefusedForAReason = "a key is refused for a reason",
    AListIsWhole = "a list is whole",
    AMessageIsTrue = "a message is true",
    ANotificationCountsOnce = "a notification counts once",
    APromiseIsKept = "a promise is kept",
    ARefusalIsHonest = "a refusal is honest",
    ARefusalSaysWhatThereIs = "a refusal says what there is",
    AnAnswerWasTrueOnce = "an answer was true once",
    AnEntryEnds = "an entry ends",
    AnEventCanBeCached = "an event can be cached",
    AnEventStays = "an event stays",
    BookingsAndJournalAgree = "bookings and journal agree",
    EverybodyHearsOfAMove = "everybody hears of a move",
    EverybodyIsAnswered = "everybody is answered",
    EverybodyIsReminded = "everybody is reminded",
    EverybodyIsTold = "everybody is told",
    EverythingComesToAnEnd = "everything comes to an end",
    MoneyBuysATicketOrComesBack = "money buys a ticket or comes back",
    MoneyThatIsDueComesBack = "money that is due comes back",
    NoHoldIsForEver = "no hold is for ever",
    NoMessageIsGivenUp = "no message is given up",
    NoPaymentIsLost = "no payment is lost",
    NobodyHasATicketForWhatIsOff = "nobody has a ticket for what is off",
    NobodyIsRemindedTooEarly = "nobody is reminded too early",
    NobodyIsToldTwice = "nobody is told twice",
    NothingHappensWithoutAReason = "nothing happens without a reason",
    NothingIsDoneBeforeItsTime = "nothing is done before its time",
    NothingIsOversold = "nothing is oversold",
    NothingPanics = "nothing panics",
    OneRequestMakesOneBooking = "one request makes one booking",
    OrganisersChangeTheCapacityOnly = "organisers change the capacity only",
    StockAndBookingsAgree = "stock and bookings agree",
    StockAndJournalAgree = "stock and journal agree",
    TheBooksBalance = "the books balance",
    TheCacheComesRight = "the cache comes right",
    TheCacheHasOnlyWhatThereIs = "the cache has only what there is",
    TheCacheIsFilled = "the cache is filled",
    TheJournalHasNoGap = "the journal has no gap",
    TheJournalNamesBookingsThatAreThere = "the journal names bookings that are there",
    TicketsAreSoldAsTheyAreOffered = "tickets are sold as they are offered",
    TicketsMoveWithTheirBooking = "tickets move with their booking",
    WhatAnOrganiserIsToldIsTrue = "what an organiser is told is true",
    WhatIsCalledOffStaysSo = "what is called off stays so",
    WhatIsClearedIsGone = "what is cleared is gone",
    WhatIsCorrectedWasTrue = "what is corrected was true",
    WhatIsGivenUpCannotBePaid = "what is given up cannot be paid",
    WhatIsGivenUpIsFree = "what is given up is free",
    WhatIsHeldCanBePaid = "what is held can be paid",
    WhatIsReadIsNotOld = "what is read is not old",
    WhatIsReadWasTrue = "what is read was true",
    WhatIsTakenIsGone = "what is taken is gone",
    WhatWasAnsweredForIsDone = "what was answered for is done",
    WhatWasNotPaidIsNotGivenBack = "what was not paid is not given back",
    WithoutAFaultBookingsSucceed = "without a fault, bookings succeed",
    WithoutAFaultRequestsSucceed = "without a fault, requests succeed",
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
