//! The `connect` of this process, in place of the C library's: all of tokio's connections go by it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::{mem, ptr};

use libc::{c_int, c_long, sockaddr, sockaddr_in, sockaddr_in6, socklen_t};

use super::{finding, listener, oracle};

/// Connects to the listener of this process where the address is granted, and never anywhere else.
///
/// # Safety
/// As of the C library's: `address` is `length` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn connect(socket: c_int, address: *const sockaddr, length: socklen_t) -> c_int {
    // SAFETY: as promised; the family says what else there is.
    let family = c_int::from(unsafe { (*address).sa_family });
    let (place, port) = match family {
        libc::AF_INET => {
            // SAFETY: its family says so.
            let address = unsafe { ptr::read_unaligned(address.cast::<sockaddr_in>()) };
            let place = Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr));
            (IpAddr::V4(place), u16::from_be(address.sin_port))
        }
        libc::AF_INET6 => {
            // SAFETY: its family says so.
            let address = unsafe { ptr::read_unaligned(address.cast::<sockaddr_in6>()) };
            let place = Ipv6Addr::from(address.sin6_addr.s6_addr);
            (IpAddr::V6(place), u16::from_be(address.sin6_port))
        }
        // SAFETY: as promised. It leads to no other machine.
        libc::AF_UNIX => return unsafe { raw(socket, address, length) },
        _ => finding(&format!("a connection of family {family}")),
    };
    if !oracle::may_connect(place, port) {
        finding(&format!("a connection to {place} port {port}"));
    }
    let here = listener::port();
    let connected = match family {
        libc::AF_INET => {
            // SAFETY: zeros are such an address.
            let mut to: sockaddr_in = unsafe { mem::zeroed() };
            to.sin_family = libc::AF_INET as u16;
            to.sin_port = here.to_be();
            to.sin_addr.s_addr = u32::from(Ipv4Addr::LOCALHOST).to_be();
            // SAFETY: it is as long as it says.
            unsafe {
                raw(
                    socket,
                    ptr::from_ref(&to).cast(),
                    mem::size_of_val(&to) as socklen_t,
                )
            }
        }
        _ => {
            // SAFETY: zeros are such an address.
            let mut to: sockaddr_in6 = unsafe { mem::zeroed() };
            to.sin6_family = libc::AF_INET6 as u16;
            to.sin6_port = here.to_be();
            to.sin6_addr.s6_addr = Ipv4Addr::LOCALHOST.to_ipv6_mapped().octets();
            // SAFETY: it is as long as it says.
            unsafe {
                raw(
                    socket,
                    ptr::from_ref(&to).cast(),
                    mem::size_of_val(&to) as socklen_t,
                )
            }
        }
    };
    listener::expect();
    connected
}

/// The system's.
unsafe fn raw(socket: c_int, address: *const sockaddr, length: socklen_t) -> c_int {
    // SAFETY: as promised by the caller.
    unsafe {
        libc::syscall(
            libc::SYS_connect,
            c_long::from(socket),
            address,
            c_long::from(length),
        ) as c_int
    }
}
