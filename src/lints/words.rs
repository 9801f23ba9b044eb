//! Numbers as the warnings say them. It decides nothing.

/// A share as a percentage with two significant digits, and never `0%` or `100%` for what is neither.
pub fn percent(share: f64) -> String {
    let x = share * 100.0;
    match x {
        _ if x <= 0.0 => "0 %".to_owned(),
        _ if x < 0.01 => "less than 0.01 %".to_owned(),
        _ if x < 0.1 => format!("{x:.2} %"),
        _ if x < 9.95 => format!("{x:.1} %").replace(".0 %", " %"),
        _ if x >= 100.0 => "100 %".to_owned(),
        _ if x > 99.5 => "more than 99 %".to_owned(),
        _ => format!("{x:.0} %"),
    }
}

/// A rate with two significant digits.
pub fn rate(per_second: f64) -> String {
    if per_second < 10.0 { format!("{per_second:.1}") } else { format!("{per_second:.0}") }
}

/// `1 host`, `2 hosts`.
pub fn counted(n: u64, noun: &str) -> String {
    if n == 1 { format!("{n} {noun}") } else { format!("{n} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_keep_two_digits_and_never_overstate() {
        let said: Vec<String> =
            [0.0, 0.000_01, 0.0005, 0.01, 0.0349, 0.33, 0.9999, 1.0].map(percent).to_vec();
        assert_eq!(
            said,
            ["0 %", "less than 0.01 %", "0.05 %", "1 %", "3.5 %", "33 %", "more than 99 %", "100 %"]
        );
    }
}
