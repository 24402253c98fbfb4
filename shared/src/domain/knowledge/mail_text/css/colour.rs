//! Colours, as far as needed to say that one cannot be seen on another.

/// What letters or the ground behind them are painted with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Paint {
    Rgb([u8; 3]),
    /// No paint at all: letters in it are invisible on everything.
    Clear,
    /// A picture, a gradient, a notation we do not read. Nothing is taken for hidden on it.
    Unknown,
}

impl Paint {
    pub const BLACK: Self = Self::Rgb([0; 3]);
    pub const WHITE: Self = Self::Rgb([255; 3]);

    /// A `color`; `None` where it is inherited.
    pub fn read(value: &str) -> Option<Self> {
        let value = value.trim();
        match value {
            "" | "inherit" | "initial" | "unset" | "currentcolor" => None,
            "transparent" => Some(Self::Clear),
            _ if value.starts_with('#') => Some(hexadecimal(&value[1..])),
            _ if value.starts_with("rgb") => Some(function(value, rgb)),
            _ if value.starts_with("hsl") => Some(function(value, hsl)),
            _ => Some(named(value)),
        }
    }

    /// A `background`, with pictures and positions among the colour; `None` where the ground shows through.
    pub fn read_background(value: &str) -> Option<Self> {
        if value.contains("url(") || value.contains("gradient(") {
            return Some(Self::Unknown);
        }
        let first = if value.contains('(') { value } else { value.split(' ').next().unwrap_or_default() };
        match Self::read(first) {
            Some(Self::Clear) | None => None,
            _ if first == "none" => None,
            paint => paint,
        }
    }

    /// Whether letters painted with this cannot be told from `ground`.
    pub fn vanishes_on(self, ground: Self) -> bool {
        const NEAREST: u8 = 14;
        match (self, ground) {
            (Self::Clear, _) => true,
            (Self::Rgb(letters), Self::Rgb(ground)) => {
                letters.iter().zip(ground).all(|(letter, ground)| letter.abs_diff(ground) <= NEAREST)
            }
            _ => false,
        }
    }
}

fn hexadecimal(digits: &str) -> Paint {
    let digits: Option<Vec<u8>> = digits.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    match digits.as_deref() {
        Some([_, _, _, 0] | [_, _, _, _, _, _, 0, 0]) => Paint::Clear,
        Some([r, g, b] | [r, g, b, _]) => Paint::Rgb([r * 17, g * 17, b * 17]),
        Some([r, r2, g, g2, b, b2] | [r, r2, g, g2, b, b2, _, _]) => {
            Paint::Rgb([r * 16 + r2, g * 16 + g2, b * 16 + b2])
        }
        _ => Paint::Unknown,
    }
}

/// The numbers of `name(1, 2 3 / 4%)`, percentages as they stand. An alpha near 0 is no paint.
fn function(value: &str, paint: fn(&[f32], bool) -> Paint) -> Paint {
    let inner = value.split_once('(').map_or("", |(_, inner)| inner).trim_end_matches(')');
    let parts: Vec<&str> = inner.split([',', ' ', '/']).filter(|part| !part.is_empty()).collect();
    let numbers: Vec<f32> =
        parts.iter().filter_map(|part| part.trim_end_matches(['%', 'd', 'e', 'g']).parse().ok()).collect();
    match numbers.get(3) {
        Some(alpha) if *alpha < 0.05 => Paint::Clear,
        _ => paint(&numbers, inner.contains('%')),
    }
}

fn rgb(numbers: &[f32], percent: bool) -> Paint {
    let scale = if percent { 2.55 } else { 1.0 };
    match numbers {
        // A float becomes the nearest channel value; what is out of range is cut.
        [r, g, b, ..] => Paint::Rgb([*r, *g, *b].map(|channel| (channel * scale).round() as u8)),
        _ => Paint::Unknown,
    }
}

/// Only the ends of the scale: white and black are what text is hidden with.
fn hsl(numbers: &[f32], _percent: bool) -> Paint {
    match numbers {
        [_, _, lightness, ..] if *lightness >= 97.0 => Paint::WHITE,
        [_, _, lightness, ..] if *lightness <= 3.0 => Paint::BLACK,
        _ => Paint::Unknown,
    }
}

fn named(name: &str) -> Paint {
    let rgb = match name {
        "white" => [255, 255, 255],
        "snow" => [255, 250, 250],
        "ivory" => [255, 255, 240],
        "ghostwhite" => [248, 248, 255],
        "floralwhite" => [255, 250, 240],
        "mintcream" => [245, 255, 250],
        "azure" => [240, 255, 255],
        "whitesmoke" => [245, 245, 245],
        "lightgray" | "lightgrey" => [211, 211, 211],
        "silver" => [192, 192, 192],
        "gray" | "grey" => [128, 128, 128],
        "black" => [0, 0, 0],
        "navy" => [0, 0, 128],
        "blue" => [0, 0, 255],
        "green" => [0, 128, 0],
        "red" => [255, 0, 0],
        "yellow" => [255, 255, 0],
        _ => return Paint::Unknown,
    };
    Paint::Rgb(rgb)
}
