//! Hosts behind a real proxy: nginx on a port of this machine, which gives each request to the next host.

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

const NGINX: &str = "/usr/sbin/nginx";

/// A proxy that runs.
pub struct Proxy {
    process: Child,
    pub url: String,
    _directory: TempDir,
}

impl Proxy {
    /// One in front of these addresses. An answer says in `x-host` which of them it came from.
    pub fn start(hosts: &[&str]) -> Self {
        assert!(
            Path::new(NGINX).exists(),
            "there is no nginx; run tests/setup.sh"
        );
        let directory = TempDir::new().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let place = directory.path().display();
        let servers: String = hosts
            .iter()
            .map(|host| format!("server {host} max_fails=1 fail_timeout=5s; "))
            .collect();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|kind| format!("{kind}_temp_path {place}/{kind}; "))
            .collect();
        let configuration = format!(
            "daemon off; master_process off; pid {place}/pid; error_log {place}/log;
             events {{ worker_connections 512; }}
             http {{
                 access_log off; {temporary}
                 upstream hosts {{ {servers} keepalive 32; }}
                 server {{
                     listen {address};
                     location / {{
                         proxy_pass http://hosts;
                         proxy_http_version 1.1;
                         proxy_set_header Connection '';
                         proxy_set_header Host vesicle.test;
                         proxy_buffering off;
                         add_header x-host $upstream_addr always;
                     }}
                 }}
             }}"
        );
        let file = directory.path().join("nginx.conf");
        std::fs::write(&file, configuration).unwrap();
        let process = Command::new(NGINX)
            .arg("-c")
            .arg(&file)
            .arg("-p")
            .arg(directory.path())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let proxy = Self {
            process,
            url: format!("http://{address}"),
            _directory: directory,
        };
        let began = Instant::now();
        while std::net::TcpStream::connect(&address).is_err() {
            assert!(began.elapsed() < Duration::from_secs(30), "no proxy");
            std::thread::sleep(Duration::from_millis(10));
        }
        proxy
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
