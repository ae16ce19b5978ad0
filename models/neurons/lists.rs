//! Texts of models with lists, such as the time constants of receptors, written out for lists of given lengths.
//!
//! A line of the text with `{tau_syn}` in it stands for as many lines as the list `tau_syn` has values, with the
//! numbers 1 and up in its place; `{tau_syn-1}` is the number before, `{tau_syn#}` how many there are. The parameter
//! `E_rev_{tau_syn}` makes a list `E_rev` that is as long as `tau_syn`.

use crate::error::{Error, Result};

/// The most values of a list.
const LONGEST: usize = 255;

/// A list of parameters.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct List<'a> {
    pub(super) name: &'a str,
    /// The list that it is as long as, by which lines of the text are numbered.
    group: &'a str,
}

/// All lists among the parameters of a text.
pub(super) fn all(text: &str) -> Vec<List<'_>> {
    let parameters = text.lines().skip_while(|line| !line.starts_with("parameters")).take_while(|line| *line != "}");
    parameters.filter_map(list).collect()
}

/// The list that a line of the parameters declares, if it declares one.
fn list(line: &str) -> Option<List<'_>> {
    let (before, after) = line.trim_start().split_once("_{")?;
    let (group, _) = after.split_once("} = ")?;
    Some(List { name: before, group }).filter(|list| !list.name.contains(' '))
}

/// The lists that others are as long as, in the order of the text.
pub(super) fn groups(text: &str) -> Vec<&str> {
    let mut groups = Vec::new();
    for List { group, .. } in all(text) {
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    groups
}

/// The length of each group where the lists `given` have values; `default` where none of a group has.
///
/// # Errors
/// The sentence that says what is wrong with the lists: one that there is not, or lists of a group that differ in
/// length.
pub(super) fn lengths(text: &str, default: usize, given: &[(&str, &[f64])]) -> std::result::Result<Vec<usize>, String> {
    let known = all(text);
    if let Some((name, _)) = given.iter().find(|(name, _)| known.iter().all(|list| list.name != *name)) {
        return Err(format!("there is no list {name}"));
    }
    let length = |name: &str| given.iter().find(|(list, _)| *list == name).map(|(_, values)| values.len());
    groups(text)
        .into_iter()
        .map(|group| {
            let mut lists = known.iter().filter(|list| list.group == group).map(|list| (list.name, length(list.name)));
            let Some((first, Some(wanted))) = lists.clone().find(|(_, length)| length.is_some()) else {
                return Ok(default);
            };
            if wanted == 0 {
                return Err(format!("{first} is empty; give a value for each receptor, one at least"));
            }
            match lists.find(|(_, length)| *length != Some(wanted)) {
                None => Ok(wanted),
                Some((other, None)) => Err(format!("{first} is given and {other} is not; each needs {wanted} values")),
                Some((other, Some(length))) => {
                    Err(format!("{first} has {wanted} values and {other} {length}; they go together, so give as many"))
                }
            }
        })
        .collect()
}

/// The text written out for lists of these lengths, one for each group.
///
/// # Errors
/// A list that is too long.
pub(super) fn written_out(text: &str, lengths: &[usize]) -> Result<String> {
    if let Some(length) = lengths.iter().find(|length| **length > LONGEST) {
        return Err(Error::invalid("a list of a model", format!("{length} values; at most {LONGEST} may be")));
    }
    let groups: Vec<(&str, usize)> = groups(text).into_iter().zip(lengths.iter().copied()).collect();
    let mut written = String::new();
    for line in text.lines() {
        let holds = |group: &str| line.contains(&format!("{{{group}}}"));
        match groups.iter().find(|(group, _)| holds(group)) {
            None => written.push_str(line),
            Some((group, length)) => {
                let lines = (1..=*length).map(|k| numbered(line, group, k));
                written.push_str(&lines.collect::<Vec<String>>().join("\n"));
            }
        }
        written.push('\n');
    }
    for (group, length) in groups {
        written = written.replace(&format!("{{{group}#}}"), &length.to_string());
    }
    Ok(written)
}

/// A line of the text for the `k`-th value, counted from 1, of the lists of a group.
fn numbered(line: &str, group: &str, k: usize) -> String {
    line.replace(&format!("{{{group}}}"), &k.to_string()).replace(&format!("{{{group}-1}}"), &(k - 1).to_string())
}
