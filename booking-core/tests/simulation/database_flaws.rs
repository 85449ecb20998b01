//! Ways to break the database on purpose, or what the engine decides in it.

use booking_core::domain::notice::NoticeKind;
use booking_core::testkit::witness::Rule;

/// What is broken in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DatabaseFlaw {
    /// The guard of the stock lets one ticket more through.
    GuardIsOffByOne,
    /// A hold is answered before it is written, and sometimes never is.
    HoldIsAnsweredBeforeItIsWritten,
    /// A notification is answered before it is written, and sometimes never is.
    NotificationIsAnsweredBeforeItIsWritten,
    /// Money that comes for a booking whose tickets are free again is ignored.
    LateSuccessIsDropped,
    /// Money that comes late is always given back, also if there are tickets.
    LateSuccessIsNeverServed,
    /// The repeat of a notification is taken for another one.
    RepeatedNotificationCounts,
    /// The record of a notification is lost.
    NotificationIsForgotten,
    /// Any amount pays any booking.
    AmountIsNotLookedAt,
    /// A payment pays for any booking.
    PaymentIsNotLookedAt,
    /// A payment is deducted twice from the stock.
    PaymentIsDeductedTwice,
    /// An idempotency key is written in a transaction of its own, a while after its booking.
    KeyIsCommittedApart,
    /// Holds never end.
    HoldsNeverEnd,
    /// Holds end a second early.
    HoldsEndEarly,
    /// An expired hold gives one ticket more back than it held.
    ExpiryFreesTooMuch,
    /// Overdue holds are left to the sweeper when tickets are short.
    OverdueHoldsAreNotReleased,
    /// Whoever has paid can give the booking up as if it were free.
    PaidBookingsCanBeGivenUp,
    /// Calling an event off is answered and not done.
    CallOffIsLost,
    /// A change of the capacity is answered with another one than was written.
    CapacityIsAnsweredWrongly,
    /// The bookings of an event that was called off are left alone.
    CallOffIsNotSettled,
    /// A line of the journal is lost.
    JournalLosesLines,
    /// The stocks that are answered have a ticket more than there is.
    AnsweredStocksAreTooHigh,
    /// Two workers may have a notice at the same time.
    NoticesAreClaimedWithoutLease,
    /// Confirmations are not written to the outbox.
    ConfirmationsAreForgotten,
    /// Nor are requests for refunds.
    RefundsAreForgotten,
    /// Nor are reminders.
    RemindersAreForgotten,
    /// Changes of events are not told to those who have booked.
    ChangesAreNotAnnounced,
    /// What became of a notice is not written down.
    DeliveriesAreNotWrittenDown,
    /// The gateway is not told that nobody is to pay any more.
    ClosingsAreForgotten,
    /// A booking is given up because there is no link, although one came.
    LinkedBookingsAreGivenUp,
    /// A booking that got no link keeps its key, and whoever asks again gets it.
    FailedBookingsKeepTheirKeys,
    /// A key is refused that was never used.
    KeysAreRefusedForNothing,
    /// Whoever is refused is told of a ticket more that is held.
    RefusalsCountWrongly,
    /// Nobody who is refused is told when a hold ends.
    RefusalsNameNoRelease,
    /// A list of bookings lacks one.
    ListsLackBookings,
    /// A search misses an event.
    SearchesMissEvents,
    /// A search finds events as they never were.
    SearchesAreMadeUp,
    /// Tickets are held for longer than holds last.
    HoldsLastTooLong,
    /// A hold that is over is released half a minute late, also when somebody looks at it.
    OverdueHoldsAreShown,
    /// Whoever looks at a booking that is held is sometimes told that its money was given back.
    BookingsAreShownWrongly,
    /// A refund is answered, and sometimes never written.
    RefundsAreAnsweredBeforeTheyAreWritten,
    /// A message that failed once is given up.
    FailedMessagesAreGivenUp,
    /// The audit sees a stock that is not there.
    AuditsAreWrong,
    /// Giving a booking up is answered and not done.
    GivingUpDoesNothing,
    /// Whoever got no link keeps the tickets, and is not told.
    LinkFailuresAreIgnored,
    /// An event is sometimes said not to exist.
    EventsAreDenied,
    /// Some admissions fail.
    AdmissionsFail,
    /// All admissions fail from a certain time on.
    LateAdmissionsFail,
    /// A free ticket is taken back as if its money had been.
    FreeTicketsAreTakenAway,
    /// Whoever pays long after the end of a hold gets its tickets before everybody else.
    LatePaymentsAreInTime,
    /// Searches fail.
    SearchesFail,
}

impl DatabaseFlaw {
    pub(crate) const ALL: [Self; 50] = [
        Self::GuardIsOffByOne,
        Self::HoldIsAnsweredBeforeItIsWritten,
        Self::NotificationIsAnsweredBeforeItIsWritten,
        Self::LateSuccessIsDropped,
        Self::LateSuccessIsNeverServed,
        Self::RepeatedNotificationCounts,
        Self::NotificationIsForgotten,
        Self::AmountIsNotLookedAt,
        Self::PaymentIsNotLookedAt,
        Self::PaymentIsDeductedTwice,
        Self::KeyIsCommittedApart,
        Self::HoldsNeverEnd,
        Self::HoldsEndEarly,
        Self::ExpiryFreesTooMuch,
        Self::OverdueHoldsAreNotReleased,
        Self::PaidBookingsCanBeGivenUp,
        Self::CallOffIsLost,
        Self::CapacityIsAnsweredWrongly,
        Self::CallOffIsNotSettled,
        Self::JournalLosesLines,
        Self::AnsweredStocksAreTooHigh,
        Self::NoticesAreClaimedWithoutLease,
        Self::ConfirmationsAreForgotten,
        Self::RefundsAreForgotten,
        Self::RemindersAreForgotten,
        Self::ChangesAreNotAnnounced,
        Self::DeliveriesAreNotWrittenDown,
        Self::ClosingsAreForgotten,
        Self::LinkedBookingsAreGivenUp,
        Self::FailedBookingsKeepTheirKeys,
        Self::KeysAreRefusedForNothing,
        Self::RefusalsCountWrongly,
        Self::RefusalsNameNoRelease,
        Self::ListsLackBookings,
        Self::SearchesMissEvents,
        Self::SearchesAreMadeUp,
        Self::HoldsLastTooLong,
        Self::OverdueHoldsAreShown,
        Self::BookingsAreShownWrongly,
        Self::RefundsAreAnsweredBeforeTheyAreWritten,
        Self::FailedMessagesAreGivenUp,
        Self::AuditsAreWrong,
        Self::GivingUpDoesNothing,
        Self::LinkFailuresAreIgnored,
        Self::EventsAreDenied,
        Self::AdmissionsFail,
        Self::LateAdmissionsFail,
        Self::FreeTicketsAreTakenAway,
        Self::LatePaymentsAreInTime,
        Self::SearchesFail,
    ];

    /// Returns the rules of which one has to be found broken first.
    pub(crate) const fn breaks(self) -> &'static [Rule] {
        match self {
            Self::GuardIsOffByOne => &[Rule::NothingIsOversold],
            Self::HoldIsAnsweredBeforeItIsWritten => &[Rule::APromiseIsKept],
            Self::NotificationIsAnsweredBeforeItIsWritten | Self::LateSuccessIsDropped => {
                &[Rule::WhatWasAnsweredForIsDone]
            }
            Self::LateSuccessIsNeverServed
            | Self::AmountIsNotLookedAt
            | Self::FreeTicketsAreTakenAway
            | Self::LatePaymentsAreInTime
            | Self::PaymentIsNotLookedAt
            | Self::LinkedBookingsAreGivenUp => &[Rule::NothingHappensWithoutAReason],
            Self::RepeatedNotificationCounts | Self::NotificationIsForgotten => {
                &[Rule::ANotificationCountsOnce]
            }
            Self::PaymentIsDeductedTwice
            | Self::ExpiryFreesTooMuch
            | Self::PaidBookingsCanBeGivenUp => &[Rule::StockAndBookingsAgree],
            Self::KeyIsCommittedApart => &[Rule::OneRequestMakesOneBooking],
            Self::HoldsNeverEnd => &[Rule::NoHoldIsForEver],
            Self::HoldsEndEarly => {
                &[Rule::NothingIsDoneBeforeItsTime, Rule::NothingHappensWithoutAReason]
            }
            Self::OverdueHoldsAreNotReleased => &[Rule::ARefusalIsHonest],
            Self::EventsAreDenied => &[Rule::ARefusalIsHonest, Rule::AnEventStays],
            Self::CallOffIsLost | Self::CapacityIsAnsweredWrongly => {
                &[Rule::WhatAnOrganiserIsToldIsTrue]
            }
            Self::CallOffIsNotSettled => &[Rule::NobodyHasATicketForWhatIsOff],
            Self::JournalLosesLines => &[Rule::TheJournalHasNoGap],
            Self::AnsweredStocksAreTooHigh => &[Rule::WhatIsCorrectedWasTrue],
            Self::NoticesAreClaimedWithoutLease | Self::DeliveriesAreNotWrittenDown => {
                &[Rule::NobodyIsToldTwice]
            }
            Self::ConfirmationsAreForgotten => &[Rule::EverybodyIsTold],
            Self::RefundsAreForgotten => &[Rule::EverythingComesToAnEnd],
            Self::RemindersAreForgotten => &[Rule::EverybodyIsReminded],
            Self::ChangesAreNotAnnounced => &[Rule::EverybodyHearsOfAMove],
            Self::ClosingsAreForgotten => &[Rule::WhatIsGivenUpCannotBePaid],
            Self::FailedBookingsKeepTheirKeys => &[Rule::AFailedBookingGivesItsKeyBack],
            Self::KeysAreRefusedForNothing => &[Rule::AKeyIsRefusedForAReason],
            Self::RefusalsCountWrongly | Self::RefusalsNameNoRelease => {
                &[Rule::ARefusalSaysWhatThereIs]
            }
            Self::ListsLackBookings | Self::SearchesMissEvents => &[Rule::AListIsWhole],
            Self::SearchesAreMadeUp => &[Rule::WhatIsReadWasTrue],
            Self::HoldsLastTooLong => &[Rule::TicketsAreSoldAsTheyAreOffered],
            Self::OverdueHoldsAreShown => &[Rule::AHoldEndsInTime],
            Self::BookingsAreShownWrongly => &[Rule::AnAnswerWasTrueOnce],
            Self::RefundsAreAnsweredBeforeTheyAreWritten => {
                &[Rule::AnAnswerWasTrueOnce, Rule::MoneyThatIsDueComesBack]
            }
            Self::FailedMessagesAreGivenUp => &[Rule::NoMessageIsGivenUp],
            Self::AuditsAreWrong => &[Rule::TheBooksBalance],
            Self::GivingUpDoesNothing => &[Rule::WhatIsGivenUpIsFree],
            Self::LinkFailuresAreIgnored => &[Rule::WhatIsHeldCanBePaid],
            Self::AdmissionsFail | Self::SearchesFail => &[Rule::WithoutAFaultRequestsSucceed],
            Self::LateAdmissionsFail => {
                &[Rule::WithoutAFaultBookingsSucceed, Rule::WithoutAFaultRequestsSucceed]
            }
        }
    }

    /// Returns the kind of notice that gets lost.
    pub(crate) const fn forgets(self) -> Option<NoticeKind> {
        match self {
            Self::ConfirmationsAreForgotten => Some(NoticeKind::BookingConfirmed),
            Self::RefundsAreForgotten => Some(NoticeKind::RequestRefund),
            Self::ClosingsAreForgotten => Some(NoticeKind::ExpirePayment),
            Self::RemindersAreForgotten => Some(NoticeKind::EventReminder),
            _ => None,
        }
    }
}
