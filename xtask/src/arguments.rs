//! The command line of a task, read without a library: `xtask` has to compile where nothing is installed yet.

/// What is left of the command line.
#[derive(Debug, Default)]
pub(crate) struct Arguments(Vec<String>);

impl Arguments {
    /// The arguments of this process.
    pub(crate) fn from_env() -> Self {
        Self(std::env::args().skip(1).collect())
    }

    /// Takes the first argument that is not an option.
    pub(crate) fn positional(&mut self) -> Option<String> {
        let first = self.0.first()?;
        if first.starts_with("--") { None } else { Some(self.0.remove(0)) }
    }

    /// Takes `--name`.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|argument| argument != name);
        self.0.len() < before
    }

    /// Takes `--name VALUE`.
    pub(crate) fn value(&mut self, name: &str) -> Result<Option<String>, String> {
        let Some(at) = self.0.iter().position(|argument| argument == name) else { return Ok(None) };
        if at + 1 >= self.0.len() {
            return Err(format!("{name} needs a value"));
        }
        self.0.remove(at);
        Ok(Some(self.0.remove(at)))
    }

    /// Takes `--name N`.
    pub(crate) fn number(&mut self, name: &str) -> Result<Option<u64>, String> {
        let Some(text) = self.value(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| format!("{name} needs a number, not `{text}`"))
    }

    /// Refuses what nobody has taken.
    pub(crate) fn finish(self) -> Result<(), String> {
        match self.0.first() {
            None => Ok(()),
            Some(unknown) => Err(format!("`{unknown}` is not known here; `cargo xtask help` lists the options")),
        }
    }

    /// Everything that nobody has taken, to be handed on.
    #[cfg(not(feature = "bench"))]
    pub(crate) fn rest(self) -> Vec<String> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Arguments;

    fn arguments(words: &[&str]) -> Arguments {
        Arguments(words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn options_are_taken_in_any_order_and_leftovers_are_refused() {
        let mut given = arguments(&["answer", "--seconds", "5", "--list"]);
        assert_eq!(given.positional().as_deref(), Some("answer"));
        assert!(given.flag("--list"));
        assert!(!given.flag("--list"));
        assert_eq!(given.number("--seconds"), Ok(Some(5)));
        assert_eq!(given.finish(), Ok(()));
        assert!(arguments(&["--nonsense"]).finish().is_err());
    }

    #[test]
    fn a_missing_or_wrong_value_is_an_error() {
        assert!(arguments(&["--seconds"]).number("--seconds").is_err());
        assert!(arguments(&["--seconds", "soon"]).number("--seconds").is_err());
    }
}
