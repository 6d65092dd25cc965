# Read by the PostgreSQL image's entry point when it makes the database, here and for compose. The
# role is an ordinary one: row-level security does not hold for the image's own, a superuser.
psql -v ON_ERROR_STOP=1 -v password="$POSTGRES_PASSWORD" -U postgres <<'SQL'
create role taskward login password :'password';
create database taskward owner taskward;
SQL
