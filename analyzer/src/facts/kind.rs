//! What a kind of fact is: its name, its fields with types and meaning. The declarations themselves stand in `kind/`;
//! rules, lints, the schema and the documentation are checked against them.

mod dll;
mod evidence;
mod mail;
mod office;
mod records;
mod storage;

/// A field's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// Text.
    Text,
    /// A Windows path; `under` works on it.
    Path,
    /// `a.b.c[.d]` with numeric parts; `version` comparisons work on it.
    Version,
    /// Whole number; the unit stands in the field's name or meaning.
    Number,
    /// Yes or no.
    Bool,
    /// A moment, UTC.
    Time,
    /// Several texts; a selection matches if one of them does.
    List,
}

/// One field of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Name, snake_case.
    pub name: &'static str,
    /// Type.
    pub ty: FieldType,
    /// What it means, with unit and range.
    pub meaning: &'static str,
}

/// A kind of fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Name, kebab-case; rules say `fact: NAME`.
    pub name: &'static str,
    /// What one record is.
    pub meaning: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $konst:ident = $name:literal { $($field:ident: $ty:ident = $meaning:literal,)* })*) => {
        $(
            $(#[doc = $doc])+
            pub const $konst: crate::facts::kind::Kind = crate::facts::kind::Kind {
                name: $name,
                meaning: concat!($($doc),+),
                fields: &[$(crate::facts::kind::Field {
                    name: stringify!($field),
                    ty: crate::facts::kind::FieldType::$ty,
                    meaning: $meaning,
                },)*],
            };
        )*
        /// The kinds of this file.
        pub(super) const KINDS: &[crate::facts::kind::Kind] = &[$($konst,)*];
    };
}
use kinds;

pub use self::{dll::*, evidence::*, mail::*, office::*, records::*, storage::*};

/// Every kind, in the order of the documentation.
#[expect(unused_qualifications, reason = "each file has a KINDS of its own; the lint sees only the first")]
pub const ALL: &[&[Kind]] = &[dll::KINDS, office::KINDS, mail::KINDS, storage::KINDS, records::KINDS, evidence::KINDS];

/// The kind called `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Kind> {
    ALL.iter().copied().flatten().find(|kind| kind.name == name)
}

impl Kind {
    /// The field called `name`.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn kinds_and_fields_are_unique_and_explained() {
        let mut names = BTreeSet::new();
        for kind in ALL.iter().copied().flatten() {
            assert!(names.insert(kind.name), "{} stands twice", kind.name);
            let mut fields = BTreeSet::new();
            for field in kind.fields {
                assert!(fields.insert(field.name), "{}.{} stands twice", kind.name, field.name);
                assert!(!field.meaning.is_empty());
            }
        }
    }
}
