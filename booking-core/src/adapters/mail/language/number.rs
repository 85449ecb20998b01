//! Numbers, as languages write them.

use crate::domain::money::Money;

/// Writes an amount without its currency: digits in groups of three, and as many decimals as the currency has.
pub(super) fn amount(money: Money, between_groups: &str, before_decimals: &str) -> String {
    let width = usize::try_from(money.currency().decimals()).unwrap_or(0);
    // At least one digit stands before the decimals.
    let digits = format!("{:0>1$}", money.amount_minor(), width + 1);
    let (whole, decimals) = digits.split_at(digits.len() - width);
    let mut written = String::with_capacity(digits.len() + 6);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            written.push_str(between_groups);
        }
        written.push(digit);
    }
    if !decimals.is_empty() {
        written.push_str(before_decimals);
        written.push_str(decimals);
    }
    written
}
