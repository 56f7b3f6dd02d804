//! What people prove with beside a password: codes of an app, recovery codes, passkeys, accounts elsewhere; and what
//! lies between the two halves of a sign-in.

use kezhi_types::{Id, Timestamp};

use crate::bind::{Row, binds};
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::{Tx, reads};

/// The secret behind the codes of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totp {
    /// Whose it is.
    pub person: Id,
    /// Sealed under the key of the secrets.
    pub secret: String,
    /// Whether a first code has shown that the app has it.
    pub confirmed: bool,
    /// The last step whose code was taken; it and those before are taken no more.
    pub step: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A key pair of an authenticator, of which only the public half is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPasskey {
    /// The credential's identifier, base64url.
    pub id: String,
    /// Whose it is.
    pub person: Id,
    /// What they call it.
    pub title: String,
    /// The public key and the counter, as JSON.
    pub credential: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was used last.
    pub used_at: Option<Timestamp>,
}

/// An account at a provider of OpenID Connect. Issuer and subject are what it is known by, nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider's own name of itself.
    pub issuer: String,
    /// The provider's name of the account.
    pub subject: String,
    /// Whom it signs in.
    pub person: Id,
    /// The provider's key in the settings.
    pub provider: String,
    /// What the provider called the account when it was linked; for people to tell them apart.
    pub name: String,
    /// When it was linked.
    pub created_at: Timestamp,
    /// When it was used last.
    pub used_at: Option<Timestamp>,
}

/// A step of a sign-in that waits for the next: a challenge, a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInStep {
    /// Hash of what names it; the name itself is with the browser alone.
    pub token_hash: String,
    /// What it waits for.
    pub kind: String,
    /// Whom it is about, where that is known.
    pub person: Option<Id>,
    /// What the next step needs, as JSON.
    pub data: String,
    /// When it is over.
    pub expires_at: Timestamp,
}

const PASSKEY: &str = "id, person, title, credential, created_at, used_at";
const IDENTITY: &str = "issuer, subject, person, provider, name, created_at, used_at";

fn passkey(row: &Row) -> Result<StoredPasskey, Error> {
    Ok(StoredPasskey {
        id: row.text(0)?,
        person: row.id(1)?,
        title: row.text(2)?,
        credential: row.text(3)?,
        created_at: row.at(4)?,
        used_at: row.maybe_at(5)?,
    })
}

fn identity_in(row: &Row) -> Result<Identity, Error> {
    Ok(Identity {
        issuer: row.text(0)?,
        subject: row.text(1)?,
        person: row.id(2)?,
        provider: row.text(3)?,
        name: row.text(4)?,
        created_at: row.at(5)?,
        used_at: row.maybe_at(6)?,
    })
}

async fn totp_of(conn: &mut Conn, person: Id) -> Result<Option<Totp>, Error> {
    let sql = "SELECT person, secret, confirmed, step, created_at FROM totp WHERE person = $1";
    let row = conn.row(sql, binds![person]).await?;
    row.map(|row| {
        Ok(Totp {
            person: row.id(0)?,
            secret: row.text(1)?,
            confirmed: row.bool(2)?,
            step: row.int(3)?,
            created_at: row.at(4)?,
        })
    })
    .transpose()
}

async fn recovery_codes_left(conn: &mut Conn, person: Id) -> Result<i64, Error> {
    let sql = "SELECT COUNT(*) FROM recovery_codes WHERE person = $1";
    conn.row(sql, binds![person]).await?.map_or(Ok(0), |row| row.int(0))
}

async fn passkeys_of(conn: &mut Conn, person: Id) -> Result<Vec<StoredPasskey>, Error> {
    let sql = format!("SELECT {PASSKEY} FROM passkeys WHERE person = $1 ORDER BY created_at, id");
    conn.rows(sql, binds![person]).await?.iter().map(passkey).collect()
}

async fn passkey_by_id(conn: &mut Conn, id: &str) -> Result<Option<StoredPasskey>, Error> {
    let sql = format!("SELECT {PASSKEY} FROM passkeys WHERE id = $1");
    conn.row(sql, binds![id]).await?.as_ref().map(passkey).transpose()
}

async fn identities_of(conn: &mut Conn, person: Id) -> Result<Vec<Identity>, Error> {
    let sql =
        format!("SELECT {IDENTITY} FROM identities WHERE person = $1 ORDER BY created_at, issuer, subject");
    conn.rows(sql, binds![person]).await?.iter().map(identity_in).collect()
}

async fn identity_of(conn: &mut Conn, issuer: &str, subject: &str) -> Result<Option<Identity>, Error> {
    let sql = format!("SELECT {IDENTITY} FROM identities WHERE issuer = $1 AND subject = $2");
    conn.row(sql, binds![issuer, subject]).await?.as_ref().map(identity_in).transpose()
}

reads! {
    /// The secret behind a person's codes, confirmed or not.
    fn totp(person: Id) -> Option<Totp> = totp_of;
    /// How many recovery codes a person has not used.
    fn recovery_codes_left(person: Id) -> i64 = recovery_codes_left;
    /// A person's passkeys, oldest first.
    fn passkeys_of(person: Id) -> Vec<StoredPasskey> = passkeys_of;
    /// One passkey.
    fn passkey(id: &str) -> Option<StoredPasskey> = passkey_by_id;
    /// A person's accounts elsewhere, oldest first.
    fn identities_of(person: Id) -> Vec<Identity> = identities_of;
    /// The account of a provider.
    fn identity(issuer: &str, subject: &str) -> Option<Identity> = identity_of;
}

impl Tx {
    /// Stores the secret behind a person's codes in place of another one.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn save_totp(&mut self, totp: &Totp) -> Result<(), Error> {
        let sql = "INSERT INTO totp (person, secret, confirmed, step, created_at) VALUES ($1,$2,$3,$4,$5) \
                   ON CONFLICT (person) DO UPDATE SET secret = excluded.secret, confirmed = excluded.confirmed, \
                   step = excluded.step, created_at = excluded.created_at";
        let values = binds![totp.person, &totp.secret, totp.confirmed, totp.step, totp.created_at];
        self.conn.run(sql, values).await.map(drop)
    }

    /// Takes the code of a step, once: answers whether no later one was taken before. Confirms the secret.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn take_totp_step(&mut self, person: Id, secret: &str, step: i64) -> Result<bool, Error> {
        let sql = "UPDATE totp SET step = $3, confirmed = 1 WHERE person = $1 AND secret = $2 AND step < $3";
        Ok(self.conn.run(sql, binds![person, secret, step]).await? == 1)
    }

    /// Removes the secret behind a person's codes.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_totp(&mut self, person: Id) -> Result<(), Error> {
        self.conn.run("DELETE FROM totp WHERE person = $1", binds![person]).await.map(drop)
    }

    /// Puts these recovery codes in place of all others.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn save_recovery_codes(&mut self, person: Id, hashes: &[String]) -> Result<(), Error> {
        self.conn.run("DELETE FROM recovery_codes WHERE person = $1", binds![person]).await?;
        for hash in hashes {
            let sql = "INSERT INTO recovery_codes (person, code_hash) VALUES ($1,$2)";
            self.conn.run(sql, binds![person, hash]).await?;
        }
        Ok(())
    }

    /// Uses a recovery code up; answers whether there was one.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn take_recovery_code(&mut self, person: Id, hash: &str) -> Result<bool, Error> {
        let sql = "DELETE FROM recovery_codes WHERE person = $1 AND code_hash = $2";
        Ok(self.conn.run(sql, binds![person, hash]).await? == 1)
    }

    /// Stores a new passkey.
    ///
    /// # Errors
    /// [`Error::NotUnique`] when it is somebody's already.
    pub async fn insert_passkey(&mut self, passkey: &StoredPasskey) -> Result<(), Error> {
        let sql = format!("INSERT INTO passkeys ({PASSKEY}) VALUES ($1,$2,$3,$4,$5,$6)");
        let values = binds![
            &passkey.id,
            passkey.person,
            &passkey.title,
            &passkey.credential,
            passkey.created_at,
            passkey.used_at,
        ];
        self.conn.run(sql, values).await.map(drop).map_err(|error| error.unique_as("passkey", "id"))
    }

    /// Notes that a passkey was used, with its counter.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn use_passkey(&mut self, id: &str, credential: &str, at: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE passkeys SET credential = $2, used_at = $3 WHERE id = $1";
        self.conn.run(sql, binds![id, credential, at]).await.map(drop)
    }

    /// Removes a person's passkey; answers whether it was there.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_passkey(&mut self, person: Id, id: &str) -> Result<bool, Error> {
        let sql = "DELETE FROM passkeys WHERE person = $1 AND id = $2";
        Ok(self.conn.run(sql, binds![person, id]).await? == 1)
    }

    /// Links an account elsewhere.
    ///
    /// # Errors
    /// [`Error::NotUnique`] when it is linked already.
    pub async fn insert_identity(&mut self, identity: &Identity) -> Result<(), Error> {
        let sql = format!("INSERT INTO identities ({IDENTITY}) VALUES ($1,$2,$3,$4,$5,$6,$7)");
        let values = binds![
            &identity.issuer,
            &identity.subject,
            identity.person,
            &identity.provider,
            &identity.name,
            identity.created_at,
            identity.used_at,
        ];
        self.conn.run(sql, values).await.map(drop).map_err(|error| error.unique_as("identity", "subject"))
    }

    /// Notes that an account elsewhere was used.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn use_identity(&mut self, issuer: &str, subject: &str, at: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE identities SET used_at = $3 WHERE issuer = $1 AND subject = $2";
        self.conn.run(sql, binds![issuer, subject, at]).await.map(drop)
    }

    /// Unlinks an account elsewhere from a person; answers whether it was linked.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_identity(&mut self, person: Id, issuer: &str, subject: &str) -> Result<bool, Error> {
        let sql = "DELETE FROM identities WHERE person = $1 AND issuer = $2 AND subject = $3";
        Ok(self.conn.run(sql, binds![person, issuer, subject]).await? == 1)
    }

    /// Removes a person's codes, recovery codes and passkeys.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_factors(&mut self, person: Id) -> Result<(), Error> {
        for table in ["totp", "recovery_codes", "passkeys"] {
            self.conn.run(format!("DELETE FROM {table} WHERE person = $1"), binds![person]).await?;
        }
        Ok(())
    }

    /// Removes what people of sample data prove with.
    ///
    /// # Errors
    /// Only when the database fails.
    pub(crate) async fn delete_factors_of_demo_people(&mut self) -> Result<(), Error> {
        for table in ["totp", "recovery_codes", "passkeys", "identities"] {
            let sql = format!("DELETE FROM {table} WHERE person IN (SELECT id FROM users WHERE demo = 1)");
            self.conn.run(sql, vec![]).await?;
        }
        Ok(())
    }

    /// Keeps a step of a sign-in, and removes those that are over at `now`.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn insert_sign_in_step(&mut self, step: &SignInStep, now: Timestamp) -> Result<(), Error> {
        self.conn.run("DELETE FROM sign_in_steps WHERE expires_at < $1", binds![now]).await?;
        let sql =
            "INSERT INTO sign_in_steps (token_hash, kind, person, data, expires_at) VALUES ($1,$2,$3,$4,$5)";
        let values = binds![&step.token_hash, &step.kind, step.person, &step.data, step.expires_at];
        self.conn.run(sql, values).await.map(drop)
    }

    /// Takes a step of a sign-in, so that nobody takes it again; none where it is not there or over at `now`.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn take_sign_in_step(
        &mut self,
        token_hash: &str,
        kind: &str,
        now: Timestamp,
    ) -> Result<Option<SignInStep>, Error> {
        let sql = "DELETE FROM sign_in_steps WHERE token_hash = $1 AND kind = $2 \
                   RETURNING token_hash, kind, person, data, expires_at";
        let row = self.conn.row(sql, binds![token_hash, kind]).await?;
        let step = row.map(|row| {
            Ok::<_, Error>(SignInStep {
                token_hash: row.text(0)?,
                kind: row.text(1)?,
                person: row.maybe_id(2)?,
                data: row.text(3)?,
                expires_at: row.at(4)?,
            })
        });
        Ok(step.transpose()?.filter(|step| step.expires_at > now))
    }
}
