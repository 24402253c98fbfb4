//! The forward pass: embeddings, six layers of attention and feed-forward, mean of the tokens.

use std::ops::Range;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayBase, ArrayView2, Axis, Ix2, RawData, Slice};
use safetensors::{Dtype, SafeTensors};

use super::WIDTH;
use super::math::{gelu, layer_norm, normalize, softmax};

const LAYERS: usize = 6;
const HEADS: usize = 12;
const HEAD: usize = WIDTH / HEADS;

/// A learned map of rows: `x · weightᵀ + bias`, the weight being (out × in).
struct Linear {
    weight: Array2<f32>,
    bias: Vec<f32>,
}

struct Norm {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

struct Layer {
    /// Query, key and value side by side.
    attend: Linear,
    attend_out: Linear,
    attend_norm: Norm,
    widen: Linear,
    narrow: Linear,
    norm: Norm,
}

pub struct Bert {
    words: Array2<f32>,
    /// With the one segment embedding already added.
    positions: Array2<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

impl Bert {
    /// Takes the weights out of a safetensors file; the error names what is missing.
    pub fn read(file: &[u8]) -> Result<Self, String> {
        let tensors = SafeTensors::deserialize(file).map_err(|error| format!("model.safetensors: {error}"))?;
        let weights = Weights(&tensors);
        let segment = weights.matrix("embeddings.token_type_embeddings.weight")?;
        let mut positions = weights.matrix("embeddings.position_embeddings.weight")?;
        positions += &segment.row(0);
        Ok(Self {
            words: weights.matrix("embeddings.word_embeddings.weight")?,
            positions,
            norm: weights.norm("embeddings.LayerNorm")?,
            layers: (0..LAYERS).map(|n| weights.layer(&format!("encoder.layer.{n}"))).collect::<Result<_, _>>()?,
        })
    }

    /// One unit vector per list of token ids.
    pub fn embed(&self, texts: &[Vec<u32>]) -> Vec<[f32; WIDTH]> {
        let spans = spans(texts);
        let mut x = self.look_up(texts);
        self.norm.apply(&mut x);
        for layer in &self.layers {
            layer.apply(&mut x, &spans);
        }
        spans.iter().map(|&(from, to)| mean(&block(x.view(), from..to, 0..WIDTH))).collect()
    }

    fn look_up(&self, texts: &[Vec<u32>]) -> Array2<f32> {
        let ids = texts.iter().flat_map(|text| text.iter().enumerate());
        let mut x = Array2::zeros((texts.iter().map(Vec::len).sum(), WIDTH));
        for (mut row, (position, id)) in x.rows_mut().into_iter().zip(ids) {
            row.assign(&self.words.row(*id as usize));
            row += &self.positions.row(position);
        }
        x
    }
}

/// The rows that belong to each text.
fn spans(texts: &[Vec<u32>]) -> Vec<(usize, usize)> {
    let mut end = 0;
    let span = |text: &Vec<u32>| {
        let from = end;
        end += text.len();
        (from, end)
    };
    texts.iter().map(span).collect()
}

/// A part of a view. (`ndarray`'s own `s![]` expands to unsafe code, which is forbidden here.)
fn block<S: RawData>(mut view: ArrayBase<S, Ix2>, rows: Range<usize>, columns: Range<usize>) -> ArrayBase<S, Ix2> {
    view.slice_axis_inplace(Axis(0), Slice::from(rows));
    view.slice_axis_inplace(Axis(1), Slice::from(columns));
    view
}

fn mean(rows: &ArrayView2<'_, f32>) -> [f32; WIDTH] {
    let mut sum = [0.0; WIDTH];
    for row in rows.rows() {
        for (total, x) in sum.iter_mut().zip(row) {
            *total += x;
        }
    }
    normalize(&mut sum);
    sum
}

impl Linear {
    fn apply(&self, x: &Array2<f32>) -> Array2<f32> {
        let mut out = Array2::zeros((x.nrows(), self.weight.nrows()));
        general_mat_mul(1.0, x, &self.weight.t(), 0.0, &mut out);
        for mut row in out.rows_mut() {
            for (y, b) in row.iter_mut().zip(&self.bias) {
                *y += b;
            }
        }
        out
    }
}

impl Norm {
    fn apply(&self, x: &mut Array2<f32>) {
        if let Some(rows) = x.as_slice_mut() {
            layer_norm(rows, &self.weight, &self.bias);
        }
    }
}

impl Layer {
    fn apply(&self, x: &mut Array2<f32>, spans: &[(usize, usize)]) {
        let mixed = attention(&self.attend.apply(x), spans);
        *x += &self.attend_out.apply(&mixed);
        self.attend_norm.apply(x);

        let mut wide = self.widen.apply(x);
        if let Some(values) = wide.as_slice_mut() {
            gelu(values);
        }
        *x += &self.narrow.apply(&wide);
        self.norm.apply(x);
    }
}

/// Each token's mixture of the values of its own text, head by head.
fn attention(qkv: &Array2<f32>, spans: &[(usize, usize)]) -> Array2<f32> {
    let scale = 1.0 / (HEAD as f32).sqrt();
    let mut mixed = Array2::zeros((qkv.nrows(), WIDTH));
    for &(from, to) in spans {
        let mut scores = Array2::zeros((to - from, to - from));
        for head in 0..HEADS {
            let part = |which: usize| {
                let left = which * WIDTH + head * HEAD;
                block(qkv.view(), from..to, left..left + HEAD)
            };
            general_mat_mul(scale, &part(0), &part(1).t(), 0.0, &mut scores);
            if let Some(rows) = scores.as_slice_mut() {
                rows.chunks_exact_mut(to - from).for_each(softmax);
            }
            let mut out = block(mixed.view_mut(), from..to, head * HEAD..(head + 1) * HEAD);
            general_mat_mul(1.0, &scores, &part(2), 0.0, &mut out);
        }
    }
    mixed
}

/// Tensors by name.
struct Weights<'a>(&'a SafeTensors<'a>);

impl Weights<'_> {
    fn values(&self, name: &str) -> Result<(Vec<f32>, Vec<usize>), String> {
        let tensor = self.0.tensor(name).map_err(|error| format!("model.safetensors: {name}: {error}"))?;
        if tensor.dtype() != Dtype::F32 {
            return Err(format!("model.safetensors: {name} is not f32"));
        }
        let values = tensor.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        Ok((values, tensor.shape().to_vec()))
    }

    fn matrix(&self, name: &str) -> Result<Array2<f32>, String> {
        let (values, shape) = self.values(name)?;
        let &[rows, columns] = shape.as_slice() else { return Err(format!("{name} is not a matrix")) };
        Array2::from_shape_vec((rows, columns), values).map_err(|error| format!("{name}: {error}"))
    }

    fn linear(&self, name: &str) -> Result<Linear, String> {
        Ok(Linear { weight: self.matrix(&format!("{name}.weight"))?, bias: self.values(&format!("{name}.bias"))?.0 })
    }

    fn norm(&self, name: &str) -> Result<Norm, String> {
        Ok(Norm { weight: self.values(&format!("{name}.weight"))?.0, bias: self.values(&format!("{name}.bias"))?.0 })
    }

    fn layer(&self, name: &str) -> Result<Layer, String> {
        let mut attend = self.linear(&format!("{name}.attention.self.query"))?;
        for other in ["key", "value"] {
            let other = self.linear(&format!("{name}.attention.self.{other}"))?;
            attend.bias.extend(other.bias);
            attend.weight = ndarray::concatenate(Axis(0), &[attend.weight.view(), other.weight.view()])
                .map_err(|error| format!("{name}: {error}"))?;
        }
        Ok(Layer {
            attend,
            attend_out: self.linear(&format!("{name}.attention.output.dense"))?,
            attend_norm: self.norm(&format!("{name}.attention.output.LayerNorm"))?,
            widen: self.linear(&format!("{name}.intermediate.dense"))?,
            narrow: self.linear(&format!("{name}.output.dense"))?,
            norm: self.norm(&format!("{name}.output.LayerNorm"))?,
        })
    }
}
