use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};

/// An action on existing records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    Read,
    Update,
    Delete,
    Restore,
    Export,
}

impl Action {
    pub const ALL: [Self; 5] = [Self::Read, Self::Update, Self::Delete, Self::Restore, Self::Export];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "READ",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Restore => "RESTORE",
            Self::Export => "EXPORT",
        }
    }

    /// Said in a refusal: "You may see this contact, but not ... it."
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Read => "see",
            Self::Update => "change",
            Self::Delete => "delete",
            Self::Restore => "restore",
            Self::Export => "export",
        }
    }
}

/// How far a right reaches, as a role says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Level {
    #[default]
    None,
    /// Records that the viewer owns, and ownerless records that the viewer created.
    Own,
    /// Records of the viewer, and of people in the viewer's team, in teams that the viewer leads and in teams below.
    Team,
    /// Those that the role's rule matches.
    Rule,
    All,
}

impl Level {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Own => "OWN",
            Self::Team => "TEAM",
            Self::Rule => "RULE",
            Self::All => "ALL",
        }
    }
}

/// Which records a right reaches, all roles together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Reach {
    #[default]
    None,
    /// Those that meet any of the conditions, and those that are shared.
    Some(BTreeSet<Condition>),
    All,
}

/// What a record meets to be within reach.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    Own,
    Team,
    /// A filter over the record and the viewer, by keys, as JSON text.
    Rule(Arc<str>),
}

impl Reach {
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }

    pub fn is_all(&self) -> bool {
        *self == Self::All
    }

    pub(super) fn of(level: Level, rule: Option<&Arc<str>>) -> Self {
        let some = |condition| Self::Some(BTreeSet::from([condition]));
        match (level, rule) {
            (Level::None, _) | (Level::Rule, None) => Self::None,
            (Level::Own, _) => some(Condition::Own),
            (Level::Team, _) => some(Condition::Team),
            (Level::Rule, Some(rule)) => some(Condition::Rule(rule.clone())),
            (Level::All, _) => Self::All,
        }
    }

    /// What this reaches and `other` may not. Only the rule itself is within a rule.
    #[must_use]
    pub(super) fn beyond(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::None, _) | (_, Self::All) => Self::None,
            (reach, Self::None) | (reach @ Self::All, _) => reach.clone(),
            (Self::Some(wanted), Self::Some(held)) => {
                let is_within = |condition: &Condition| {
                    held.contains(condition) || (*condition == Condition::Own && held.contains(&Condition::Team))
                };
                let beyond: BTreeSet<_> = wanted.iter().filter(|condition| !is_within(condition)).cloned().collect();
                if beyond.is_empty() { Self::None } else { Self::Some(beyond) }
            }
        }
    }

    /// What either reaches.
    #[must_use]
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::None, reach) | (reach, Self::None) => reach,
            (Self::Some(mut some), Self::Some(more)) => {
                some.extend(more);
                // The viewer's own records are among those of the viewer's teams.
                if some.contains(&Condition::Team) {
                    some.remove(&Condition::Own);
                }
                Self::Some(some)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_roles_reach_adds_up() {
        let (own, team) = (Reach::of(Level::Own, None), Reach::of(Level::Team, None));
        let rule = Reach::of(Level::Rule, Some(&"{}".into()));
        assert_eq!(own.clone().or(team.clone()), team);
        assert_eq!(Reach::None.or(own.clone()), own);
        assert_eq!(own.clone().or(Reach::All), Reach::All);
        assert_eq!(Reach::of(Level::Rule, None), Reach::None);
        let Reach::Some(both) = own.or(rule) else { panic!("some") };
        assert_eq!(both.len(), 2);
    }

    #[test]
    fn what_is_beyond_is_told() {
        let of = |level| Reach::of(level, Some(&"{}".into()));
        let (none, own, team, rule) = (Reach::None, of(Level::Own), of(Level::Team), of(Level::Rule));
        for (one, other) in [(&own, &team), (&team, &Reach::All), (&none, &none), (&rule, &rule)] {
            assert_eq!(one.beyond(other), Reach::None, "{one:?} {other:?}");
        }
        for (one, other) in [(&team, &own), (&Reach::All, &team), (&own, &none), (&rule, &team), (&team, &rule)] {
            assert_eq!(one.beyond(other), *one, "{one:?} {other:?}");
        }
        assert_eq!(team.clone().or(rule.clone()).beyond(&team), rule);
    }
}
