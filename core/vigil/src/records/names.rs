//! The shape that names of fields and codes share: a short plain text.
//! It promises to be well formed wherever it came from: a form, JSON or a batch.

/// Whether `text` is 1 to `limit` lower-case ASCII letters, digits, `_`, `.` or `-`.
pub(super) fn is_plain_name(text: &str, limit: usize) -> bool {
    (1..=limit).contains(&text.len())
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-'))
}

macro_rules! plain_name {
    ($(#[$doc:meta])* $name:ident, $limit:expr, $error:ty, $wrong:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes a name if it is well formed.
            ///
            /// # Errors
            /// If it is not.
            pub fn new(name: impl Into<String>) -> Result<Self, $error> {
                let name = name.into();
                if $crate::records::names::is_plain_name(&name, $limit) { Ok(Self(name)) } else { Err($wrong) }
            }

            /// The name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;
            fn try_from(name: String) -> Result<Self, $error> {
                Self::new(name)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $error;
            fn from_str(name: &str) -> Result<Self, $error> {
                Self::new(name)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.str(&self.0)?.ok()
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
                let wrong = |_| minicbor::decode::Error::message(concat!("not a ", stringify!($name)));
                Self::new(d.str()?).map_err(wrong)
            }
        }
    };
}

pub(super) use plain_name;
