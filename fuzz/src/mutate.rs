//! Makes inputs out of those that are there, where no coverage leads.
//!
//! Half of what begins as JSON is changed as a tree, so that it stays JSON and gets past the parser; everything else,
//! and the other half, is changed as bytes.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Map, Value};

use crate::{MAX_BYTES, Target};

/// How deep and how long an input may be made in one step.
const REPEATS: [usize; 6] = [2, 7, 64, 127, 1_000, 20_000];

/// A source of inputs, which are the same for the same number and corpus.
#[derive(Debug)]
pub struct Mutator<'a> {
    corpus: &'a [Vec<u8>],
    words: &'static [&'static str],
}

impl<'a> Mutator<'a> {
    /// # Panics
    /// If there is nothing to begin with.
    pub fn new(target: &Target, corpus: &'a [Vec<u8>]) -> Self {
        assert!(!corpus.is_empty(), "{} has no corpus", target.name);
        Self { corpus, words: target.words }
    }

    /// Makes the input of a number.
    pub fn input(&self, seed: u64) -> Vec<u8> {
        let mut random = StdRng::seed_from_u64(seed);
        let mut input = self.any(&mut random);
        for _ in 0..random.random_range(1..=4) {
            input = match serde_json::from_slice(&input) {
                Ok(tree) if random.random_bool(0.5) => {
                    self.change_tree(tree, &mut random).to_string().into_bytes()
                }
                _ => self.change_bytes(input, &mut random),
            };
            input.truncate(MAX_BYTES);
        }
        input
    }

    fn any(&self, random: &mut StdRng) -> Vec<u8> {
        self.corpus.choose(random).expect("there is a corpus").clone()
    }

    fn word(&self, random: &mut StdRng) -> &'static str {
        self.words.choose(random).copied().unwrap_or("0")
    }

    fn change_bytes(&self, mut input: Vec<u8>, random: &mut StdRng) -> Vec<u8> {
        let start = random.random_range(0..=input.len());
        let end = input.len().min(start + random.random_range(0..=16));
        match random.random_range(0..9) {
            0 if start < input.len() => input[start] = random.random(),
            1 if start < input.len() => input[start] ^= 1 << random.random_range(0..8),
            2 => drop(input.drain(start..end)),
            3 => input.truncate(start),
            4 => {
                let part = input[start..end].to_vec();
                let times = *REPEATS.choose(random).expect("there are some");
                let times = times.min(MAX_BYTES / part.len().max(1));
                input.splice(start..start, part.repeat(times));
            }
            5 => {
                let other = self.any(random);
                let from = random.random_range(0..=other.len());
                input.splice(start..end, other[from..].iter().copied());
            }
            6 => {
                let opening = *[&b"["[..], b"{\"a\":", b"\"", b"%25", b"(", b"-"]
                    .choose(random)
                    .expect("there are some");
                let times = *REPEATS.choose(random).expect("there are some");
                input.splice(start..start, opening.repeat(times));
            }
            _ => drop(input.splice(start..end, self.word(random).bytes())),
        }
        input
    }

    fn change_tree(&self, mut tree: Value, random: &mut StdRng) -> Value {
        let count = count(&tree);
        let mut at = random.random_range(0..count);
        let other = self.any_value(random);
        let change = random.random_range(0..5);
        let number = random.random_range(-3_i64..70_000);
        let word = self.word(random);
        let repeats = *REPEATS.choose(random).expect("there are some");
        visit(&mut tree, &mut at, &mut |value| {
            *value = match (change, std::mem::take(value)) {
                (0, Value::Number(_)) => number.into(),
                (0, Value::String(text)) => format!("{text}{word}").into(),
                (1, Value::String(text)) if text.len() * repeats < MAX_BYTES => {
                    text.repeat(repeats).into()
                }
                (1, Value::Array(items)) if items.len() * repeats < 20_000 => {
                    std::iter::repeat_n(items, repeats).flatten().collect()
                }
                (2, Value::Object(mut members)) => {
                    let name = members.keys().next().cloned();
                    if let Some(value) = name.and_then(|name| members.remove(&name)) {
                        members.insert(word.to_owned(), value);
                    }
                    members.into()
                }
                (3, value) => Value::Array(vec![value]),
                _ => other.clone(),
            };
        });
        tree
    }

    /// Takes a part of another input, or a word.
    fn any_value(&self, random: &mut StdRng) -> Value {
        let word = self.word(random);
        let or_word = || serde_json::from_str(word).unwrap_or_else(|_| word.into());
        match serde_json::from_slice::<Value>(&self.any(random)) {
            Ok(mut tree) if random.random_bool(0.5) => {
                let mut at = random.random_range(0..count(&tree));
                let mut found = Value::Object(Map::new());
                visit(&mut tree, &mut at, &mut |value| found = value.take());
                found
            }
            _ => or_word(),
        }
    }
}

fn count(tree: &Value) -> usize {
    1 + match tree {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// Does something to the value of a number, counted in the order of the text.
fn visit(tree: &mut Value, at: &mut usize, act: &mut dyn FnMut(&mut Value)) {
    if *at == 0 {
        *at = usize::MAX;
        return act(tree);
    }
    *at -= 1;
    match tree {
        Value::Array(items) => items.iter_mut().for_each(|item| visit(item, at, act)),
        Value::Object(members) => members.values_mut().for_each(|item| visit(item, at, act)),
        _ => {}
    }
}
