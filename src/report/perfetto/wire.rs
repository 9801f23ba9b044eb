//! Protocol buffers, as much of them as a trace takes: <https://protobuf.dev/programming-guides/encoding>.

/// A message so far. Fields are written in the order of the calls.
#[derive(Debug, Clone, Default)]
pub(super) struct Wire {
    bytes: Vec<u8>,
}

/// How a field is laid out.
#[derive(Debug, Clone, Copy)]
enum WireType {
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
}

impl Wire {
    /// The message.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// A whole number, or a kind, or a truth as 1.
    pub fn number(mut self, field: u64, value: u64) -> Self {
        self.tag(field, WireType::Varint);
        self.varint(value);
        self
    }

    /// A number of 64 bits.
    pub fn fixed(mut self, field: u64, value: u64) -> Self {
        self.tag(field, WireType::Fixed64);
        self.bytes.extend_from_slice(&value.to_le_bytes());
        self
    }

    /// A number that need not be whole.
    pub fn real(self, field: u64, value: f64) -> Self {
        self.fixed(field, value.to_bits())
    }

    /// Text.
    pub fn text(mut self, field: u64, text: &str) -> Self {
        self.push(field, text.as_bytes());
        self
    }

    /// A message within this one.
    pub fn message(mut self, field: u64, message: &Self) -> Self {
        self.push(field, &message.bytes);
        self
    }

    fn push(&mut self, field: u64, content: &[u8]) {
        self.tag(field, WireType::Bytes);
        self.varint(content.len() as u64);
        self.bytes.extend_from_slice(content);
    }

    fn tag(&mut self, field: u64, kind: WireType) {
        self.varint(field << 3 | kind as u64);
    }

    /// Seven bits a byte, the lowest first; all bytes but the last have the eighth.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_specification() {
        assert_eq!(Wire::default().number(1, 150).into_bytes(), [0x08, 0x96, 0x01]);
        let testing = [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67];
        assert_eq!(Wire::default().text(2, "testing").into_bytes(), testing);
        let inner = Wire::default().number(1, 150);
        assert_eq!(Wire::default().message(3, &inner).into_bytes(), [0x1a, 0x03, 0x08, 0x96, 0x01]);
        assert_eq!(Wire::default().real(1, 1.0).into_bytes(), [0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
        assert_eq!(Wire::default().number(16, u64::MAX).into_bytes().len(), 2 + 10);
    }
}
