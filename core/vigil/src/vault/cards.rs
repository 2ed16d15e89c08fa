//! Cards of spaces: this one's for others, and others' on this device. A card promises nothing before two people compared its
//! number.

use super::Vault;
use super::codes::{CARD_PREFIX, from_code, to_code};
use super::sharing_views::CardView;
use crate::error::{Result, VigilError};
use crate::records::{Code, ShortText};
use crate::share::{MAX_RECEIVERS, Receiver, SpaceCard};
use crate::store::sharing;

impl Vault {
    /// The card of this space for others who share with it: the devices on duty receive. Give the number that
    /// [`Self::import_card`] shows by voice.
    ///
    /// # Errors
    /// [`VigilError::NotAllowed`] by role.
    pub fn space_card(&self, name: ShortText, kind: Code) -> Result<(String, CardView)> {
        self.must_speak_for_space()?;
        let (space, signers) = (self.space()?, self.signers()?);
        let receives = |device: &&vigil_protocol::DeviceId| signers.may(device);
        let receivers: Vec<Receiver> = space
            .membership
            .intake()
            .iter()
            .filter(receives)
            .filter_map(|device| space.membership.active_member(device))
            .take(MAX_RECEIVERS)
            .map(|member| Receiver { device: member.device, sealing_key: member.sealing_key })
            .collect();
        if receivers.is_empty() {
            return Err(VigilError::NotAllowed { why: "no officer or desk is on duty to receive" });
        }
        let card = SpaceCard::new((space.id(), space.membership.genesis()), name, kind, receivers);
        Ok((to_code(CARD_PREFIX, &card.to_bytes()), card_view(&card, true)))
    }

    /// Takes the card of another space in. It serves once it is confirmed: give the number that the other side reads aloud.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] for the card, or for a number that is not the card's.
    pub fn import_card(&mut self, card: &str, number: Option<&str>) -> Result<CardView> {
        let card = SpaceCard::from_bytes(&from_code("card", CARD_PREFIX, card)?)?;
        if number.is_some_and(|number| !card.is_number(number)) {
            return Err(VigilError::invalid(
                "number",
                "it is not the number of this card: somebody changed one of them",
            ));
        }
        if card.space == self.space()?.id() {
            return Err(VigilError::invalid("card", "it is this space's own"));
        }
        let known = sharing::card(self.store.read(), &card.space.0)?;
        if known.is_none() && sharing::count_cards(self.store.read())? >= sharing::MAX_CARDS {
            return Err(VigilError::invalid("card", "this device keeps too many"));
        }
        let bytes = card.to_bytes();
        let was_confirmed = known.is_some_and(|(known, confirmed)| confirmed && known == bytes);
        let confirmed = number.is_some() || was_confirmed;
        self.store.in_transaction(|tx| sharing::put_card(tx, &card.space.0, &bytes, confirmed))?;
        Ok(card_view(&card, confirmed))
    }

    /// The cards of other spaces on this device.
    ///
    /// # Errors
    /// [`VigilError::DatabaseDamaged`].
    pub fn cards(&self) -> Result<Vec<CardView>> {
        let cards = sharing::cards(self.store.read())?;
        cards.iter().map(|(bytes, confirmed)| Ok(card_view(&read_card(bytes)?, *confirmed))).collect()
    }

    /// The confirmed card of the space that begins like this.
    pub(super) fn confirmed_card(&self, prefix: &str) -> Result<SpaceCard> {
        let prefix = prefix.trim().to_ascii_lowercase();
        let cards = sharing::cards(self.store.read())?;
        let cards = cards.iter().map(|(bytes, confirmed)| Ok((read_card(bytes)?, *confirmed)));
        let cards = cards.collect::<Result<Vec<_>>>()?;
        let mut fitting =
            cards.into_iter().filter(|(card, _)| !prefix.is_empty() && card.space.to_string().starts_with(&prefix));
        let (card, confirmed) = fitting.next().ok_or(VigilError::NotFound { what: "card of a space" })?;
        if fitting.next().is_some() {
            return Err(VigilError::Ambiguous { what: "card of a space" });
        }
        if confirmed {
            Ok(card)
        } else {
            Err(VigilError::NotAllowed { why: "nobody has compared the number of that card yet" })
        }
    }
}

pub(super) fn read_card(bytes: &[u8]) -> Result<SpaceCard> {
    SpaceCard::from_bytes(bytes).map_err(|_| VigilError::DatabaseDamaged { detail: "a card" })
}

fn card_view(card: &SpaceCard, confirmed: bool) -> CardView {
    CardView {
        space: card.space.to_string(),
        name: card.name.as_str().to_owned(),
        kind: card.kind.to_string(),
        number: card.comparison_number(),
        confirmed,
    }
}
