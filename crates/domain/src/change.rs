//! What a request says about one field of a record.

/// Leave a field, empty it, or give it a value.
///
/// The three things that a JSON body can say: the field is absent, `null`, or has a value.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Change<T> {
    /// The field was not named.
    #[default]
    Keep,
    /// The field is to be empty.
    Clear,
    /// The field is to have this value.
    Set(T),
}

impl<T> Change<T> {
    /// True when the field is to stay as it is.
    pub const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// True when the field is to be empty.
    pub const fn is_clear(&self) -> bool {
        matches!(self, Self::Clear)
    }

    /// True when the field is to have a value.
    pub const fn is_set(&self) -> bool {
        matches!(self, Self::Set(_))
    }

    /// What an optional field becomes.
    pub fn over(self, current: Option<T>) -> Option<T> {
        match self {
            Self::Keep => current,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }

    /// The value that is to be set, if there is one.
    pub fn value(self) -> Option<T> {
        self.over(None)
    }
}

impl<T: Clone> Change<T> {
    /// What an optional field becomes, without using up the change.
    pub fn applied(&self, current: Option<&T>) -> Option<T> {
        self.clone().over(current.cloned())
    }
}

impl<T> From<Option<T>> for Change<T> {
    /// No value is [`Change::Keep`].
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Keep, Self::Set)
    }
}
