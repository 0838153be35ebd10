//! x
pub fn lint(_: &[crate::rule::Rule], _: &[crate::rule::Rule], _: &crate::pack::Pack) -> Vec<crate::yaml::Diagnostic> {
    Vec::new()
}
