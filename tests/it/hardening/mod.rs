//! What stands between the service and whoever reaches its port.

mod headers;
mod limits;
mod parsers;
mod tls;
