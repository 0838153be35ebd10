//! Versions as numbers, so that 9.10 is above 9.4. Owns [`VersionNumber`] only.

/// `a.b.c[.d…]` with numeric parts; missing parts count as 0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionNumber(Vec<u64>);

impl VersionNumber {
    /// The version that `text` says: digits with `.` between; what follows a blank, `-` or `+` does not count. `None`
    /// where a part is not a number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let head = text.trim().split([' ', '-', '+']).next()?;
        let mut parts = head.split('.').map(|part| part.parse::<u64>().ok()).collect::<Option<Vec<u64>>>()?;
        while parts.last() == Some(&0) {
            parts.pop();
        }
        Some(Self(parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_compare_as_numbers_and_missing_ones_are_zero() {
        let v = |text| VersionNumber::parse(text).unwrap();
        assert!(v("9.10.0") > v("9.4.2"));
        assert_eq!(v("9.4"), v("9.4.0.0"));
        assert!(v("9.4.0-6153") < v("9.4.0.1"));
        assert_eq!(VersionNumber::parse("9.x"), None);
        assert_eq!(VersionNumber::parse(""), None);
    }
}
