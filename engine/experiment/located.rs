//! Where in its file stands what a network is refused for when it is built.

use crate::error::Error;
use crate::experiment::Setup;

impl Setup {
    /// The error with the place in the file of the population, projection, coupling, stimulus or perturbation that it is of,
    /// where it says one and each table has made one.
    pub fn in_file(&self, error: Error) -> Error {
        let place = match &error {
            Error::Parameter { population, .. } => self.of_population(population),
            Error::Invalid { place, .. } => self.of_place(place),
            _ => None,
        };
        error.at(place)
    }

    /// The table of the population with this name.
    fn of_population(&self, name: &str) -> Option<String> {
        let index = self.resolved.content.population.iter().position(|own| own.name == name)?;
        self.resolved.origin.place_in_file("population", index)
    }

    /// The table of what the network calls by this place.
    fn of_place(&self, place: &str) -> Option<String> {
        let (network, content) = (&self.network, &self.resolved.content);
        let stimuli: Vec<String> = network.stimuli().iter().map(|own| own.place(network)).collect();
        let projections = network.projections().iter().map(|own| own.place(network)).collect();
        let perturbations = network.perturbations().iter().map(|own| own.place(network)).collect();
        let tables: [(&str, usize, Vec<String>); 3] = [
            ("projection", content.projection.len(), projections),
            ("stimulus", content.stimulus.len(), stimuli),
            ("perturb", content.perturb.len(), perturbations),
        ];
        tables.into_iter().filter(|(_, written, made)| *written == made.len()).find_map(|(table, _, made)| {
            let mut same = (0..made.len()).filter(|&index| made[index] == place);
            let only = same.next().filter(|_| same.next().is_none())?;
            self.resolved.origin.place_in_file(table, only)
        })
    }
}
