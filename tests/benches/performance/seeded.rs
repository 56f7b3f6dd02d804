//! The rows that every product of the comparison loads: the same bytes from the same seed as `gen.py`, whose generator is
//! Python's (MT19937, its `choices`, `lognormvariate` and `uniform`). A test of the first rows is in `main`'s `--rows-of`.

/// Python's `random.Random(seed)` for a small seed.
///
/// Source: CPython `Modules/_randommodule.c` and `Lib/random.py`, described in M. Matsumoto and T. Nishimura, 1998.
pub struct Dice {
    state: [u32; STATE],
    at: usize,
}

const STATE: usize = 624;
const MIDDLE: usize = 397;

impl Dice {
    /// The generator that `random.Random(seed)` starts.
    pub fn new(seed: u32) -> Self {
        let mut state = [0; STATE];
        state[0] = 19_650_218;
        for at in 1..STATE {
            state[at] = stirred(state[at - 1]).wrapping_mul(1_812_433_253).wrapping_add(at as u32);
        }
        let mut at = 1;
        let next = |at: &mut usize, state: &mut [u32; STATE]| {
            *at += 1;
            if *at == STATE {
                state[0] = state[STATE - 1];
                *at = 1;
            }
        };
        for _ in 0..STATE {
            state[at] = (state[at] ^ stirred(state[at - 1]).wrapping_mul(1_664_525)).wrapping_add(seed);
            next(&mut at, &mut state);
        }
        for _ in 1..STATE {
            let mixed = state[at] ^ stirred(state[at - 1]).wrapping_mul(1_566_083_941);
            state[at] = mixed.wrapping_sub(at as u32);
            next(&mut at, &mut state);
        }
        state[0] = 0x8000_0000;
        Self { state, at: STATE }
    }

    fn word(&mut self) -> u32 {
        if self.at == STATE {
            for at in 0..STATE {
                let both = (self.state[at] & 0x8000_0000) | (self.state[(at + 1) % STATE] & 0x7fff_ffff);
                let odd = if both & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[at] = self.state[(at + MIDDLE) % STATE] ^ (both >> 1) ^ odd;
            }
            self.at = 0;
        }
        let mut word = self.state[self.at];
        self.at += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// An even real in `0..1`, of 53 bits.
    pub fn real(&mut self) -> f64 {
        let (high, low) = (self.word() >> 5, self.word() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    /// An even integer below `bound`, which is not 0.
    pub fn below(&mut self, bound: u32) -> u32 {
        let bits = u32::BITS - bound.leading_zeros();
        loop {
            let drawn = self.word() >> (32 - bits);
            if drawn < bound {
                return drawn;
            }
        }
    }

    /// An even integer from `low` to `high`, both possible.
    pub fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low + 1)
    }

    /// One of them, each as likely.
    pub fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u32) as usize]
    }

    fn weighted<'a>(&mut self, of: &[(&'a str, u32)]) -> &'a str {
        let total: u32 = of.iter().map(|(_, weight)| weight).sum();
        let drawn = self.real() * f64::from(total);
        let mut sum = 0;
        let hit = of.iter().find(|(_, weight)| {
            sum += weight;
            drawn < f64::from(sum)
        });
        hit.unwrap_or(&of[of.len() - 1]).0
    }

    /// Kinderman and Monahan's method, as Python uses it.
    fn log_normal(&mut self, mean: f64, deviation: f64) -> f64 {
        let magic = 4.0 * (-0.5_f64).exp() / 2.0_f64.sqrt();
        loop {
            let (first, second) = (self.real(), 1.0 - self.real());
            let z = magic * (first - 0.5) / second;
            if z * z / 4.0 <= -second.ln() {
                return (mean + z * deviation).exp();
            }
        }
    }
}

fn stirred(word: u32) -> u32 {
    word ^ (word >> 30)
}

const INDUSTRIES: [(&str, u32); 8] = [
    ("manufacturing", 20),
    ("finance", 10),
    ("technology", 15),
    ("retail", 20),
    ("health", 10),
    ("education", 8),
    ("logistics", 10),
    ("energy", 7),
];
const REGIONS: [&str; 10] = [
    "north",
    "south",
    "east",
    "west",
    "central",
    "northeast",
    "northwest",
    "southeast",
    "southwest",
    "overseas",
];
const STATUSES: [&str; 5] = ["lead", "active", "paused", "lost", "closed"];
const SYLLABLES: &str =
    "an bei chen dong feng gao hai jin kang lin ming ning ping qing rui shan tian wei xin yuan zhong";
const TRADES: [&str; 10] =
    ["Trading", "Steel", "Foods", "Medical", "Software", "Energy", "Shipping", "Textile", "Capital", "Media"];
const WORDS: &str = "the customer asked for a new quotation before end of quarter and our team visited plant discussed \
                     delivery terms payment schedule warranty support contract renewal price list competitor offer next \
                     step call manager";

/// A customer as everybody loads it. `amount` is written with two decimals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub name: String,
    pub phone: String,
    pub industry: &'static str,
    pub region: &'static str,
    pub amount: String,
    pub score: u32,
    pub grade: &'static str,
    pub birthday: String,
    pub status: &'static str,
    pub notes: String,
}

/// The rows in their order; `start` is the number in the first one's name.
pub struct Rows {
    dice: Dice,
    number: u64,
    syllables: Vec<&'static str>,
    words: Vec<&'static str>,
}

impl Rows {
    /// The rows of a seed.
    pub fn new(seed: u32, start: u64) -> Self {
        let words = |text: &'static str| text.split_whitespace().collect();
        Self { dice: Dice::new(seed), number: start, syllables: words(SYLLABLES), words: words(WORDS) }
    }
}

impl Iterator for Rows {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let dice = &mut self.dice;
        let score = dice.between(0, 100);
        let amount = format!("{:.2}", dice.log_normal(10.5, 1.3).min(9_999_999.0));
        let value: f64 = amount.parse().expect("an amount was written as a number");
        let luck = -0.1 + 0.2 * dice.real();
        let weight = f64::from(score) / 100.0 * 0.6 + (value / 500_000.0).min(1.0) * 0.4 + luck;
        let name: String = (0..dice.between(2, 3)).map(|_| dice.one(&self.syllables)).collect();
        let name =
            format!("{}{} {} {:06}", name[..1].to_uppercase(), &name[1..], dice.one(&TRADES), self.number);
        let phone = format!(
            "+86 1{} {:04} {:04}",
            dice.between(30, 99),
            dice.between(0, 9_999),
            dice.between(0, 9_999)
        );
        let industry = dice.weighted(&INDUSTRIES);
        let region = dice.one(&REGIONS);
        let birthday = birthday(dice.between(0, 20_000));
        let status = dice.one(&STATUSES);
        let notes: Vec<_> = (0..dice.between(20, 80)).map(|_| dice.one(&self.words)).collect();
        self.number += 1;
        let grade = if weight > 0.6 {
            "A"
        } else if weight > 0.4 {
            "B"
        } else if weight > 0.2 {
            "C"
        } else {
            "D"
        };
        Some(Row {
            name,
            phone,
            industry,
            region,
            amount,
            score,
            grade,
            birthday,
            status,
            notes: notes.join(" "),
        })
    }
}

/// So many days after 1950-01-01.
fn birthday(days: u32) -> String {
    let first = jiff::civil::date(1950, 1, 1);
    first.saturating_add(jiff::Span::new().days(i64::from(days))).to_string()
}
