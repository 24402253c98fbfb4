//! Which elements a rule is for.

/// What selectors look at in an element: everything in lower case.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    pub tag: String,
    pub id: String,
    pub classes: Vec<String>,
}

/// Ids, classes and tags named: the larger wins, then the later.
type Specificity = (usize, usize, usize);

#[derive(Debug, Clone)]
pub struct Selector {
    /// From the outermost element to the one the rule is for; `true` where it must be a child of the one before.
    compounds: Vec<(bool, Subject)>,
}

impl Selector {
    /// `None` for what we do not understand.
    pub fn read(source: &str) -> Option<Self> {
        let mut compounds = Vec::new();
        let mut child = false;
        for token in source.replace('>', " > ").split_whitespace() {
            if token == ">" {
                child = true;
                continue;
            }
            compounds.push((child, compound(token)?));
            child = false;
        }
        (!compounds.is_empty() && !child).then_some(Self { compounds })
    }

    pub fn specificity(&self) -> Specificity {
        self.compounds.iter().fold((0, 0, 0), |(ids, classes, tags), (_, part)| {
            (
                ids + usize::from(!part.id.is_empty()),
                classes + part.classes.len(),
                tags + usize::from(!part.tag.is_empty()),
            )
        })
    }

    /// Whether the last of `path` is meant.
    pub fn matches(&self, path: &[Subject]) -> bool {
        let Some(((child, last), outer)) = self.compounds.split_last() else { return false };
        let Some((element, above)) = path.split_last() else { return false };
        covers(last, element) && outer_match(outer, *child, above)
    }
}

/// Whether the compounds are found, in order, in the elements above. Greedy from the inside out, which is exact for
/// descendants and near enough where children and descendants mix.
fn outer_match(compounds: &[(bool, Subject)], child: bool, mut above: &[Subject]) -> bool {
    let mut child = child;
    for (next_child, compound) in compounds.iter().rev() {
        let found = if child {
            above.last().filter(|element| covers(compound, element)).map(|_| above.len() - 1)
        } else {
            above.iter().rposition(|element| covers(compound, element))
        };
        let Some(found) = found else { return false };
        above = &above[..found];
        child = *next_child;
    }
    true
}

fn covers(compound: &Subject, element: &Subject) -> bool {
    (compound.tag.is_empty() || compound.tag == element.tag)
        && (compound.id.is_empty() || compound.id == element.id)
        && compound.classes.iter().all(|class| element.classes.contains(class))
}

/// `td.cell#total`, `*`, `.a.b`.
fn compound(token: &str) -> Option<Subject> {
    if token.contains([':', '[', '+', '~', '(', '\\']) {
        return None;
    }
    let mut subject = Subject::default();
    let start = token.find(['.', '#']).unwrap_or(token.len());
    token[..start].trim_matches('*').clone_into(&mut subject.tag);
    let mut rest = &token[start..];
    while let Some(mark) = rest.chars().next() {
        let end = rest[1..].find(['.', '#']).map_or(rest.len(), |end| end + 1);
        match mark {
            '.' => subject.classes.push(rest[1..end].to_owned()),
            _ => rest[1..end].clone_into(&mut subject.id),
        }
        rest = &rest[end..];
    }
    Some(subject)
}
