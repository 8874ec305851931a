//! Two network namespaces with a wire between them: the server is alone in one, who drives it is in the other.
//!
//! The address 127.0.0.1 of the second leads over the wire into the first (`route_localnet`), so the demonstration, which listens
//! on loopback only, is reached without any change, and `localhost` stays the secure origin that browsers take it for.

use std::net::{IpAddr, Ipv4Addr};
use std::process::Command;
use std::thread::Builder;

use anyhow::{Context, Result, bail, ensure};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// Where namespaces are that `ip netns` has made (ip-netns(8)).
const FOLDER: &str = "/run/netns";

pub struct Lab {
    pub server: String,
    client: String,
}

impl Lab {
    /// The server's address on the wire, and the device that has it.
    pub const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 1, 1));
    pub const SERVER_DEVICE: &str = "far";
    /// The address of who drives it.
    pub const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 1, 2));

    /// Makes both. They go when this is dropped.
    ///
    /// # Errors
    /// Where this is not root, or has no network namespaces.
    pub fn make() -> Result<Self> {
        ensure!(rustix::process::geteuid().is_root(), "needs root, for network namespaces");
        let number = std::process::id();
        let (server, client) = (format!("parvis-server-{number}"), format!("parvis-client-{number}"));
        ip(&["netns", "add", &server])?;
        let lab = Self { server, client };
        let (server, client) = (lab.server.as_str(), lab.client.as_str());
        ip(&["netns", "add", client])?;
        ip(&[
            "link",
            "add",
            Self::SERVER_DEVICE,
            "netns",
            server,
            "type",
            "veth",
            "peer",
            "name",
            "near",
            "netns",
            client,
        ])?;
        for (namespace, device, address) in
            [(server, Self::SERVER_DEVICE, Self::SERVER), (client, "near", Self::CLIENT)]
        {
            for interface in ["all", device] {
                let setting = format!("echo 1 >/proc/sys/net/ipv4/conf/{interface}/route_localnet");
                ip(&["netns", "exec", namespace, "sh", "-c", &setting])?;
            }
            ip(&["-n", namespace, "link", "set", "lo", "up"])?;
            ip(&["-n", namespace, "address", "add", &format!("{address}/24"), "dev", device])?;
            ip(&["-n", namespace, "link", "set", device, "up"])?;
        }
        ip(&["-n", client, "address", "delete", "127.0.0.1/8", "dev", "lo"])?;
        ip(&["-n", client, "route", "add", "127.0.0.1/32", "dev", "near", "src", &Self::CLIENT.to_string()])?;
        Ok(lab)
    }

    /// Runs something in the namespace of who drives the server. Threads and programs that it starts are there, too.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        std::thread::scope(|scope| {
            let inside = || {
                let path = format!("{FOLDER}/{}", self.client);
                let namespace = std::fs::File::open(&path).with_context(|| format!("cannot open {path}"))?;
                use std::os::fd::AsFd;
                move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
                    .context("cannot enter a network namespace")?;
                work()
            };
            let thread = Builder::new().name("client".to_owned()).spawn_scoped(scope, inside)?;
            match thread.join() {
                Ok(result) => result,
                Err(_) => bail!("the thread of the load generator failed"),
            }
        })
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for namespace in [&self.client, &self.server] {
            if let Err(error) = ip(&["netns", "delete", namespace]) {
                eprintln!("bench: {error:#}");
            }
        }
    }
}

fn ip(arguments: &[&str]) -> Result<()> {
    let output =
        Command::new("ip").args(arguments).output().context("cannot run ip: is iproute2 installed?")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "ip {}: {}", arguments.join(" "), said.trim());
    Ok(())
}
