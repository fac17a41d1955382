//! Which of WASI guests may import: what Wasmtime has of it, without files, which are our own
//! (`files/`). Its HTTP is Wasmtime's, with our own sender behind it (`network/`). Sockets are there
//! because languages' own libraries import them, called or not; none is ever made, and no name is
//! looked up (`Guest::new`).

use wasmtime::component::Linker;
use wasmtime_wasi::cli::{WasiCli, WasiCliView as _};
use wasmtime_wasi::p2::bindings::{cli, sockets};
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsView as _};

use super::Guest;

/// Adds it.
pub fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_proxy_interfaces_async(linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)?;
    add_sockets_to_linker(linker)?;
    cli::exit::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)?;
    cli::environment::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)?;
    cli::terminal_input::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)?;
    cli::terminal_output::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)?;
    cli::terminal_stdin::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)?;
    cli::terminal_stdout::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)?;
    cli::terminal_stderr::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)
}

fn add_sockets_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    let options = sockets::network::LinkOptions::default();
    sockets::network::add_to_linker::<Guest, WasiSockets>(linker, &options, Guest::sockets)?;
    sockets::instance_network::add_to_linker::<Guest, WasiSockets>(linker, Guest::sockets)?;
    sockets::ip_name_lookup::add_to_linker::<Guest, WasiSockets>(linker, Guest::sockets)?;
    sockets::tcp::add_to_linker::<Guest, WasiSockets>(linker, Guest::sockets)?;
    sockets::tcp_create_socket::add_to_linker::<Guest, WasiSockets>(linker, Guest::sockets)?;
    sockets::udp::add_to_linker::<Guest, WasiSockets>(linker, Guest::sockets)?;
    sockets::udp_create_socket::add_to_linker::<Guest, WasiSockets>(linker, Guest::sockets)
}
