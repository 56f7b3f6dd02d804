//! Values that are erased for good while the chain stays as it is: each is replaced by its commitment, and the salt that
//! would let it be found by trying is destroyed.

use kezhi_types::Id;

use super::chain::{LINK, SALT, Salt, blanked, entry_salt};
use super::{AuditHead, audit_head, begin_chain};
use crate::bind::{Bind, binds};
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::Tx;

/// A block's number, links and salts.
type Salted = (i64, Vec<u8>, Vec<u8>);

impl Tx {
    /// Erases what the history of a record tells of these fields, of all where none is named. Answers the numbers of the
    /// entries, which the caller has to note (`audit.erased`) in the same transaction: `verify` accepts no others.
    /// `seed` are 32 random bytes.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn erase_history(
        &mut self,
        (entity, record): (&str, Id),
        fields: Option<&[String]>,
        seed: &[u8; 32],
    ) -> Result<Vec<i64>, Error> {
        let sql = "SELECT seq FROM history WHERE entity = $1 AND record = $2 ORDER BY seq";
        let rows = self.conn.rows(sql, binds![entity, record]).await?;
        let seqs: Vec<i64> = rows.iter().map(|row| row.int(0)).collect::<Result<_, _>>()?;
        blank_changes(&mut self.conn, &seqs, fields, seed).await
    }

    /// Erases what notes say of persons; answers the numbers of those that said something, as [`Tx::erase_history`] does.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn erase_notes(&mut self, seqs: &[i64]) -> Result<Vec<i64>, Error> {
        let mut erased = Vec::new();
        for seq in seqs {
            if self.conn.run("DELETE FROM audit_personal WHERE entry = $1", binds![*seq]).await? > 0 {
                erased.push(*seq);
            }
        }
        Ok(erased)
    }
}

/// Erases values of these changes, numbers ascending; answers those that there was something to erase of.
pub(crate) async fn blank_changes(
    conn: &mut Conn,
    seqs: &[i64],
    fields: Option<&[String]>,
    seed: &[u8; 32],
) -> Result<Vec<i64>, Error> {
    // Nobody seals what is being erased.
    begin_chain(conn, seed).await?;
    let head = audit_head(conn).await?;
    let sealed_to = head.as_ref().map_or(0, |head| head.history_to);
    let (mut erased, mut unsealed) = (Vec::new(), false);
    let mut block: Option<(i64, Salted)> = None;
    for seq in seqs {
        let row = conn.row("SELECT changes FROM history WHERE seq = $1", binds![*seq]).await?;
        let Some(row) = row else { continue };
        let place = if *seq <= sealed_to { salt_place(conn, &mut block, *seq).await? } else { None };
        let salt = match (place, &block) {
            (Some(at), Some((_, (_, _, salts)))) => salt_at(salts, at),
            _ => entry_salt(seed, *seq),
        };
        let Some(changes) = blanked(row.str(0)?, &salt, fields) else { continue };
        conn.run("UPDATE history SET changes = $2 WHERE seq = $1", binds![*seq, changes]).await?;
        match (place, &mut block) {
            (Some(at), Some((_, (_, _, salts)))) => salts[at * SALT..(at + 1) * SALT].fill(0),
            _ => unsealed = true,
        }
        erased.push(*seq);
    }
    keep_salts(conn, block).await?;
    if let (true, Some(AuditHead { revision, .. })) = (unsealed, head) {
        conn.run("UPDATE audit_head SET revision = $1 WHERE one = 1", binds![revision + 1]).await?;
    }
    Ok(erased)
}

/// Where the salt of a sealed change stands in its block, which is read where it is another one than before.
async fn salt_place(
    conn: &mut Conn,
    block: &mut Option<(i64, Salted)>,
    seq: i64,
) -> Result<Option<usize>, Error> {
    if block.as_ref().is_none_or(|(to, _)| seq > *to) {
        keep_salts(conn, block.take()).await?;
        let sql = "SELECT b.history_to, b.number, b.links, s.salts FROM audit_blocks b JOIN audit_salts s \
                   ON s.block = b.number WHERE b.history_to >= $1 ORDER BY b.history_to, b.number LIMIT 1";
        let Some(row) = conn.row(sql, binds![seq]).await? else { return Ok(None) };
        *block = Some((row.int(0)?, (row.int(1)?, row.bytes(2)?, row.bytes(3)?)));
    }
    let Some((_, (_, links, salts))) = block else { return Ok(None) };
    let mut numbers = links.chunks_exact(LINK).map(number_of).take(salts.len() / SALT);
    Ok(numbers.position(|number| number == seq))
}

async fn keep_salts(conn: &mut Conn, block: Option<(i64, Salted)>) -> Result<(), Error> {
    let Some((_, (number, _, salts))) = block else { return Ok(()) };
    let values = vec![number.into(), Bind::Bytes(salts)];
    conn.run("UPDATE audit_salts SET salts = $2 WHERE block = $1", values).await.map(drop)
}

/// The number of an entry in its link.
pub(super) fn number_of(link: &[u8]) -> i64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&link[..8]);
    i64::from_be_bytes(bytes)
}

/// The salt at a place; zeros where there is none.
pub(super) fn salt_at(salts: &[u8], at: usize) -> Salt {
    let mut salt = [0; SALT];
    if let Some(found) = salts.get(at * SALT..(at + 1) * SALT) {
        salt.copy_from_slice(found);
    }
    salt
}
