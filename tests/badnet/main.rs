//! A bad network in user space: carries IP packets between two TUN devices and treats them as a schedule says.
//!
//!     badnet NEAR FAR SEED SCHEDULE
//!
//! It makes the devices NEAR (the client's) and FAR (the server's) in the network namespace where it is started; whoever starts
//! it moves them to where they belong and gives them addresses. It is a wire until `go` comes on its standard input; then the
//! schedule runs. On standard output it says `ready`, each line of the schedule when its time has come, and at the end, when
//! standard input closes, how many packets met which fate.

#![expect(
    clippy::disallowed_methods,
    reason = "a network has threads and lives in real time; this program is for tests only"
)]

mod schedule;
mod shaper;

use std::collections::BTreeMap;
use std::io::BufRead;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use tappers::{Interface, Tun};

use schedule::{Change, Step, Way};
use shaper::{Carried, Counts, Fate, Shaper};

/// The largest packet that a device hands over.
const MAX_PACKET: usize = 65_536;
/// Packets that wait to be looked at.
const MAX_WAITING: usize = 4_096;
/// Packets that are on their way in one direction.
const MAX_UNDER_WAY: usize = 16_384;
/// How long a direction without packets sleeps.
const IDLE: Duration = Duration::from_secs(3600);

enum Input {
    Packet(Instant, Vec<u8>),
    Go(Instant),
    End,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("badnet: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [near, far, seed, file] = arguments.as_slice() else { bail!("usage: badnet NEAR FAR SEED SCHEDULE") };
    let seed: u64 = seed.parse().context("the seed is a number")?;
    let text = std::fs::read_to_string(file).with_context(|| format!("{file} cannot be read"))?;
    let steps = schedule::read(&text).map_err(|why| anyhow!("{file}, {why}"))?;
    let (near, far) = (device(near)?, device(far)?);
    // Each way has luck of its own.
    let up = Direction::start(Way::Up, seed, &steps, near.clone(), far.clone())?;
    let down = Direction::start(Way::Down, seed.wrapping_add(1), &steps, far, near)?;
    println!("ready");
    let mut lines = std::io::stdin().lock().lines();
    if lines.next().transpose()?.is_some_and(|line| line.trim() == "go") {
        let begun = Instant::now();
        for way in [&up, &down] {
            way.inputs.send(Input::Go(begun))?;
        }
        let told = Builder::new().name("schedule".to_owned()).spawn(move || tell(begun, &steps))?;
        while lines.next().transpose()?.is_some() {}
        drop(told);
    }
    for (name, way) in [("up", up), ("down", down)] {
        let Counts { delivered, lost, overflowed, blacked, blocked } = way.end()?;
        println!(
            "{name} delivered={delivered} lost={lost} overflowed={overflowed} blacked={blacked} blocked={blocked}"
        );
    }
    Ok(())
}

fn device(name: &str) -> Result<Arc<Tun>> {
    let interface = Interface::new(name).with_context(|| format!("{name} is no name of a device"))?;
    let device = Tun::new_named(interface)
        .with_context(|| format!("cannot make the device {name}: this needs root and /dev/net/tun"))?;
    Ok(Arc::new(device))
}

/// Says each line when its time has come.
fn tell(begun: Instant, steps: &[Step]) {
    for step in steps {
        std::thread::sleep((begun + step.at).saturating_duration_since(Instant::now()));
        match &step.change {
            Change::Conditions(ways, conditions) => println!("at {:?} {ways:?} {conditions:?}", step.at),
            Change::Address(address) => println!("address {address}"),
            Change::End => println!("end"),
        }
    }
}

/// One direction: a thread that reads, and one that decides and delivers.
struct Direction {
    inputs: SyncSender<Input>,
    carrier: JoinHandle<Counts>,
}

impl Direction {
    fn start(way: Way, seed: u64, steps: &[Step], from: Arc<Tun>, to: Arc<Tun>) -> Result<Self> {
        let (inputs, queue) = sync_channel(MAX_WAITING);
        let packets = inputs.clone();
        // Ends with the process: nothing wakes it but a packet.
        Builder::new().name(format!("read {way:?}")).spawn(move || read(&from, &packets))?;
        let changes = steps
            .iter()
            .filter_map(|step| match &step.change {
                Change::Conditions(ways, conditions) if ways.contains(&way) => {
                    Some((step.at, conditions.clone()))
                }
                _ => None,
            })
            .collect();
        let mut carrier = Carrier {
            shaper: Shaper::new(seed),
            changes,
            begun: None,
            under_way: BTreeMap::new(),
            taken: 0,
            to,
        };
        let carrier = Builder::new().name(format!("carry {way:?}")).spawn(move || carrier.run(&queue))?;
        Ok(Self { inputs, carrier })
    }

    fn end(self) -> Result<Counts> {
        self.inputs.send(Input::End)?;
        self.carrier.join().map_err(|_| anyhow!("a direction failed"))
    }
}

fn read(from: &Tun, packets: &SyncSender<Input>) {
    let mut buffer = vec![0; MAX_PACKET];
    loop {
        match from.recv(&mut buffer) {
            // A full queue drops, as a router does.
            Ok(length) => drop(packets.try_send(Input::Packet(Instant::now(), buffer[..length].to_vec()))),
            // The device is down until it has its address.
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

struct Carrier {
    shaper: Shaper,
    /// What is still to change, counted from the beginning.
    changes: std::collections::VecDeque<(Duration, shaper::Conditions)>,
    begun: Option<Instant>,
    /// By when they come out, and then by when they came in.
    under_way: BTreeMap<(Instant, u64), Vec<u8>>,
    taken: u64,
    to: Arc<Tun>,
}

impl Carrier {
    fn run(&mut self, queue: &Receiver<Input>) -> Counts {
        loop {
            let now = Instant::now();
            self.change(now);
            self.deliver(now);
            match queue.recv_timeout(self.wait(now)) {
                Ok(Input::Packet(at, packet)) => self.take(at, packet),
                Ok(Input::Go(at)) => self.begun = Some(at),
                Ok(Input::End) | Err(RecvTimeoutError::Disconnected) => return self.shaper.counts(),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn change(&mut self, now: Instant) {
        let Some(begun) = self.begun else { return };
        while self.changes.front().is_some_and(|(at, _)| begun + *at <= now) {
            if let Some((_, conditions)) = self.changes.pop_front() {
                self.shaper.set(conditions);
            }
        }
    }

    fn take(&mut self, at: Instant, packet: Vec<u8>) {
        self.change(at);
        if let Fate::Delivered(at) = self.shaper.offer(at, packet.len(), Carried::of(&packet))
            && self.under_way.len() < MAX_UNDER_WAY
        {
            self.taken += 1;
            self.under_way.insert((at, self.taken), packet);
        }
    }

    fn deliver(&mut self, now: Instant) {
        while let Some(entry) = self.under_way.first_entry()
            && entry.key().0 <= now
        {
            // A device that is down loses it, as a cable does that is pulled.
            let _ = self.to.send(&entry.remove());
        }
    }

    fn wait(&self, now: Instant) -> Duration {
        let packet = self.under_way.first_key_value().map(|((at, _), _)| *at);
        let change = self.begun.zip(self.changes.front()).map(|(begun, (at, _))| begun + *at);
        let next = [packet, change].into_iter().flatten().min();
        next.map_or(IDLE, |at| at.saturating_duration_since(now))
    }
}
