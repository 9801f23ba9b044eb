//! `customers` of a region as written.

use crate::plan::ShardPlace;
use crate::scenario::reader::{Node, Read, Reader};
use crate::scenario::table::spec;
use crate::scenario::value::{HostCount, Int, schema};
use crate::scenario::words::words;
use schemars::json_schema;
use toml::de::DeValue;

/// Customers that a region can have.
const MAX_CUSTOMERS: u64 = 1_000_000_000_000;

/// How many customers there are.
pub type CustomerCount = Int<1, MAX_CUSTOMERS>;

spec! {
    /// Customers of a region, and on which of its places each of them is.
    pub struct CustomersSpec {
        /// How many there are.
        required count: CustomerCount,
        /// What a customer is on: "hosts", or "zones", each of which is a cell. Default: "hosts".
        optional of: ShardPlace,
        /// On how many of them, as a count or a share, rounded down but to 1 at least; at most 100, or all. Which ones is
        /// random, and all choices are equally likely. Default: "100%", all.
        optional shard: HostCount,
        /// A customer is impaired while so many places of its shard are, as a count or a share of the shard; "100%": only
        /// where all of them are, so that a retry finds no other. Default: 1.
        optional from: HostCount,
    }
}

/// Customers as a mere number, or with where they are.
#[derive(Debug, Clone)]
pub enum WrittenCustomers {
    /// So many, on all hosts.
    Count(CustomerCount),
    /// So many, on shards.
    Sharded(CustomersSpec),
}

impl Read for WrittenCustomers {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match node.value {
            DeValue::Integer(_) => CustomerCount::read(node, reader).map(Self::Count),
            DeValue::Table(_) => CustomersSpec::read(node, reader).map(Self::Sharded),
            _ => {
                let help = "write 20000 or { count = 20000, of = \"zones\", shard = 2 }";
                reader.wrong_type(node, "a number of customers or a table", help)
            }
        }
    }
}

schema! {
    WrittenCustomers, "CustomersOrCount", by name: |generator| {
        let count = generator.subschema_for::<CustomerCount>();
        let sharded = generator.subschema_for::<CustomersSpec>();
        json_schema!({ "anyOf": [count, sharded] })
    }
}

words! {
    ShardPlace { Hosts, Zones }
}
