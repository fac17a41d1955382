//! Opens the directories that a configuration grants, each once, whatever profiles have it. What
//! cannot be opened is wrong at the start, and not in the middle of a call.

use vesicle_sandbox::{Directory, Files};

use super::{
    preopens::Preopen,
    problem::Problem,
    profiles::Resolved,
    show::Row,
    value::{Origin, Value},
};

/// Gives each profile the directories of all, and its own, which count where both have a name.
pub fn open(profiles: &mut [Resolved], for_all: &Row, problems: &mut Vec<Problem>) {
    let mut opened = Opened::default();
    let all = opened.all(for_all, problems);
    for profile in profiles {
        let own = match profile.preopens() {
            Some(row) => opened.all(row, problems),
            None => vec![],
        };
        let origin = profile
            .preopens()
            .map_or(&for_all.origin, |row| &row.origin);
        match Files::new(all.iter().cloned().chain(own)) {
            Ok(files) => profile.profile.files = files,
            Err(error) => problems.push(problem(origin, &error.to_string())),
        }
    }
}

#[derive(Default)]
struct Opened(Vec<(Preopen, Option<Directory>)>);

impl Opened {
    fn all(&mut self, row: &Row, problems: &mut Vec<Problem>) -> Vec<Directory> {
        let Value::Preopens(preopens) = &row.value else {
            return vec![];
        };
        let opened = preopens
            .iter()
            .filter_map(|preopen| self.one(preopen, &row.origin, problems));
        opened.collect()
    }

    fn one(
        &mut self,
        preopen: &Preopen,
        origin: &Origin,
        problems: &mut Vec<Problem>,
    ) -> Option<Directory> {
        if let Some((_, known)) = self.0.iter().find(|(known, _)| known == preopen) {
            return known.clone();
        }
        let opened = match preopen.open() {
            Ok(directory) => Some(directory),
            Err(error) => {
                problems.push(problem(origin, &error.to_string()));
                None
            }
        };
        self.0.push((preopen.clone(), opened.clone()));
        opened
    }
}

fn problem(origin: &Origin, what: &str) -> Problem {
    Problem {
        origin: origin.clone(),
        what: what.to_owned(),
        advice: "name a directory that is there, by `host`, and its name for code, by `guest`"
            .to_owned(),
    }
}
