// Written by `vesicle generate`. Changes are lost when it runs again.

//! The tools of the server "my-server", typed.

#![allow(clippy::all, dead_code, mismatched_lifetime_syntaxes)]

use crate::bindings::vesicle::plugin::{tool_call, types};

/// Why a call has no answer.
#[derive(Debug)]
pub enum CallError {
    /// The call was refused, or it failed.
    Tool(types::Error),
    /// The arguments are no JSON, or the answer is not of the type that was promised.
    Json(serde_json::Error),
}

impl std::fmt::Display for CallError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tool(error) => write!(f, "{error:?}"),
            Self::Json(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for CallError {}

fn invoke<A: serde::Serialize, R: serde::de::DeserializeOwned>(tool: &str, args: &A) -> Result<R, CallError> {
    let args = serde_json::to_string(args).map_err(CallError::Json)?;
    let answer = tool_call::call(tool, &args).map_err(CallError::Tool)?;
    serde_json::from_str(&answer).map_err(CallError::Json)
}

/// Gets a thing.
///
/// In two paragraphs.
pub fn get_thing(args: &get_thing::Arguments) -> Result<get_thing::Answer, CallError> {
    invoke("my-server.get.thing", args)
}

/// Types of [`get_thing`].
pub mod get_thing {
    /// Error types.
    pub mod error {
        /// Error from a `TryFrom` or `FromStr` implementation.
        pub struct ConversionError(::std::borrow::Cow<'static, str>);
        impl ::std::error::Error for ConversionError {}
        impl ::std::fmt::Display for ConversionError {
            fn fmt(
                &self,
                f: &mut ::std::fmt::Formatter<'_>,
            ) -> Result<(), ::std::fmt::Error> {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }
        impl ::std::fmt::Debug for ConversionError {
            fn fmt(
                &self,
                f: &mut ::std::fmt::Formatter<'_>,
            ) -> Result<(), ::std::fmt::Error> {
                ::std::fmt::Debug::fmt(&self.0, f)
            }
        }
        impl From<&'static str> for ConversionError {
            fn from(value: &'static str) -> Self {
                Self(value.into())
            }
        }
        impl From<String> for ConversionError {
            fn from(value: String) -> Self {
                Self(value.into())
            }
        }
    }
    ///`Answer`
    ///
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct Answer {
        pub count: i64,
        #[serde(default, skip_serializing_if = "::std::option::Option::is_none")]
        pub echo: ::std::option::Option<::serde_json::Value>,
    }
    ///`Arguments`
    ///
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct Arguments {
        #[serde(
            default,
            skip_serializing_if = ":: std :: collections :: BTreeMap::is_empty"
        )]
        pub map: ::std::collections::BTreeMap<::std::string::String, f64>,
        ///Who owns it */
        pub owner: ::std::string::String,
        #[serde(default, skip_serializing_if = "::std::option::Option::is_none")]
        pub pair: ::std::option::Option<(::std::string::String, i64)>,
        #[serde(default, skip_serializing_if = "::std::option::Option::is_none")]
        pub reaction: ::std::option::Option<::std::string::String>,
        pub state: ArgumentsState,
        #[serde(default, skip_serializing_if = "::std::option::Option::is_none")]
        pub tree: ::std::option::Option<ArgumentsNode>,
        #[serde(
            rename = "type",
            default,
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub type_: ::std::option::Option<::std::string::String>,
    }
    ///`ArgumentsNode`
    ///
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct ArgumentsNode {
        #[serde(default, skip_serializing_if = "::std::vec::Vec::is_empty")]
        pub children: ::std::vec::Vec<ArgumentsNode>,
        pub name: ::std::string::String,
    }
    ///`ArgumentsState`
    ///
    #[derive(
        ::serde::Deserialize,
        ::serde::Serialize,
        Clone,
        Copy,
        Debug,
        Eq,
        Hash,
        Ord,
        PartialEq,
        PartialOrd
    )]
    pub enum ArgumentsState {
        #[serde(rename = "open")]
        Open,
        #[serde(rename = "closed")]
        Closed,
    }
    impl ::std::fmt::Display for ArgumentsState {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            match *self {
                Self::Open => f.write_str("open"),
                Self::Closed => f.write_str("closed"),
            }
        }
    }
    impl ::std::str::FromStr for ArgumentsState {
        type Err = self::error::ConversionError;
        fn from_str(
            value: &str,
        ) -> ::std::result::Result<Self, self::error::ConversionError> {
            match value {
                "open" => Ok(Self::Open),
                "closed" => Ok(Self::Closed),
                _ => Err("invalid value".into()),
            }
        }
    }
    impl ::std::convert::TryFrom<&str> for ArgumentsState {
        type Error = self::error::ConversionError;
        fn try_from(
            value: &str,
        ) -> ::std::result::Result<Self, self::error::ConversionError> {
            value.parse()
        }
    }
    impl ::std::convert::TryFrom<&::std::string::String> for ArgumentsState {
        type Error = self::error::ConversionError;
        fn try_from(
            value: &::std::string::String,
        ) -> ::std::result::Result<Self, self::error::ConversionError> {
            value.parse()
        }
    }
    impl ::std::convert::TryFrom<::std::string::String> for ArgumentsState {
        type Error = self::error::ConversionError;
        fn try_from(
            value: ::std::string::String,
        ) -> ::std::result::Result<Self, self::error::ConversionError> {
            value.parse()
        }
    }
}

pub fn seen(args: &seen::Arguments) -> Result<seen::Answer, CallError> {
    invoke("my-server.seen", args)
}

/// Types of [`seen`].
pub mod seen {
    /// Error types.
    pub mod error {
        /// Error from a `TryFrom` or `FromStr` implementation.
        pub struct ConversionError(::std::borrow::Cow<'static, str>);
        impl ::std::error::Error for ConversionError {}
        impl ::std::fmt::Display for ConversionError {
            fn fmt(
                &self,
                f: &mut ::std::fmt::Formatter<'_>,
            ) -> Result<(), ::std::fmt::Error> {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }
        impl ::std::fmt::Debug for ConversionError {
            fn fmt(
                &self,
                f: &mut ::std::fmt::Formatter<'_>,
            ) -> Result<(), ::std::fmt::Error> {
                ::std::fmt::Debug::fmt(&self.0, f)
            }
        }
        impl From<&'static str> for ConversionError {
            fn from(value: &'static str) -> Self {
                Self(value.into())
            }
        }
        impl From<String> for ConversionError {
            fn from(value: String) -> Self {
                Self(value.into())
            }
        }
    }
    ///`Answer`
    ///
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct Answer {
        pub id: f64,
    }
    ///`Arguments`
    ///
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    #[serde(transparent)]
    pub struct Arguments(pub ::serde_json::Map<::std::string::String, ::serde_json::Value>);
    impl ::std::ops::Deref for Arguments {
        type Target = ::serde_json::Map<::std::string::String, ::serde_json::Value>;
        fn deref(&self) -> &::serde_json::Map<::std::string::String, ::serde_json::Value> {
            &self.0
        }
    }
    impl ::std::convert::From<Arguments>
    for ::serde_json::Map<::std::string::String, ::serde_json::Value> {
        fn from(value: Arguments) -> Self {
            value.0
        }
    }
    impl ::std::convert::From<::serde_json::Map<::std::string::String, ::serde_json::Value>>
    for Arguments {
        fn from(
            value: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
        ) -> Self {
            Self(value)
        }
    }
}
