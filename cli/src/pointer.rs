//! Where in a JSON text a JSON pointer (RFC 6901) points: line and column, for messages about documents that
//! people write by hand.

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

/// Where the value at `pointer` begins, or the nearest value around it that is there. `text` is valid JSON.
pub fn locate(text: &str, pointer: &str) -> Place {
    let mut reader = Reader {
        bytes: text.as_bytes(),
        at: 0,
    };
    reader.skip_space();
    for segment in pointer.split('/').skip(1) {
        let name = segment.replace("~1", "/").replace("~0", "~");
        let around = reader.at;
        if !reader.enter(&name) {
            reader.at = around;
            break;
        }
    }
    let before = text.get(..reader.at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    Place {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

/// Walks over valid JSON; at its end it stands still.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Takes `byte` if it comes next.
    fn take(&mut self, byte: u8) -> bool {
        self.skip_space();
        let is_next = self.peek() == Some(byte);
        if is_next {
            self.at += 1;
        }
        self.skip_space();
        is_next
    }

    /// Goes to the member or element of this name; false if the value here has none.
    fn enter(&mut self, name: &str) -> bool {
        if self.take(b'{') {
            self.enter_object(name)
        } else if self.take(b'[') {
            name.parse().is_ok_and(|index| self.enter_array(index))
        } else {
            false
        }
    }

    fn enter_object(&mut self, name: &str) -> bool {
        while self.peek() == Some(b'"') {
            let start = self.at;
            self.skip_string();
            let key = self.bytes.get(start..self.at).unwrap_or_default();
            let found = serde_json::from_slice::<String>(key).is_ok_and(|key| key == name);
            self.take(b':');
            if found {
                return true;
            }
            self.skip_value();
            if !self.take(b',') {
                break;
            }
        }
        false
    }

    fn enter_array(&mut self, index: usize) -> bool {
        for _ in 0..index {
            self.skip_value();
            if !self.take(b',') {
                return false;
            }
        }
        self.peek().is_some_and(|byte| byte != b']')
    }

    fn skip_string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += match byte {
                b'\\' => 2,
                _ => 1,
            };
            if byte == b'"' {
                break;
            }
        }
    }

    /// Skips one value, whatever it is.
    fn skip_value(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => self.skip_string(),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' if depth == 0 => break,
                b'}' | b']' => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' if depth == 0 => break,
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, locate};

    const TEXT: &str = "{\n  \"a\\\"b\": \"x,]}\\\"\",\n  \"名\": [1, {\"c/d\": true}, []]\n}";

    #[test]
    fn a_pointer_leads_to_its_value() {
        let places = [
            ("", (1, 1)),
            ("/a\"b", (2, 11)),
            ("/名", (3, 8)),
            ("/名/0", (3, 9)),
            ("/名/1", (3, 12)),
            ("/名/1/c~1d", (3, 20)),
            ("/名/2", (3, 27)),
        ];
        for (pointer, (line, column)) in places {
            assert_eq!(locate(TEXT, pointer), Place { line, column }, "{pointer}");
        }
    }

    #[test]
    fn what_is_not_there_is_shown_where_it_is_missing() {
        let places = [
            ("/other", (1, 1)),
            ("/名/3", (3, 8)),
            ("/名/2/0", (3, 27)),
            ("/名/1/e/f", (3, 12)),
            ("/a\"b/0", (2, 11)),
        ];
        for (pointer, (line, column)) in places {
            assert_eq!(locate(TEXT, pointer), Place { line, column }, "{pointer}");
        }
    }
}
