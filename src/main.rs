fn main() { print!("{}", parvis::protocol::typescript()); }
