//! A failed call of a tool, as the sandbox tells it.

use vesicle_bridge::{ErrorCode, ToolError};
use vesicle_sandbox::CapabilityError;

/// The same failure, with the same name for programs.
pub fn failure(error: ToolError) -> CapabilityError {
    let ToolError {
        code,
        retry_after_ms,
        message,
    } = error;
    let retry_after_ms = retry_after_ms.map(|ms| u32::try_from(ms).unwrap_or(u32::MAX));
    match code {
        ErrorCode::Denied => CapabilityError::Denied(message),
        ErrorCode::InvalidInput => CapabilityError::InvalidInput(message),
        ErrorCode::RateLimited => CapabilityError::RateLimited {
            message,
            retry_after_ms,
        },
        ErrorCode::Unavailable => CapabilityError::Unavailable {
            message,
            retry_after_ms,
        },
        ErrorCode::Timeout => CapabilityError::Timeout(message),
        ErrorCode::Upstream => CapabilityError::Upstream(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_keeps_its_name() {
        for code in ErrorCode::ALL {
            let told = failure(ToolError::new(code, "why"));
            assert_eq!(told.code(), code.as_str());
        }
        let mut limited = ToolError::new(ErrorCode::RateLimited, "why");
        limited.retry_after_ms = Some(u64::MAX);
        let message = "why".to_owned();
        let retry_after_ms = Some(u32::MAX);
        let told = CapabilityError::RateLimited {
            message,
            retry_after_ms,
        };
        assert_eq!(failure(limited), told);
    }
}
