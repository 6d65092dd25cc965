# The entry point of the PostgreSQL image runs this when it creates the database, here and for compose.
# The image's own role is a superuser, for which row-level security does not apply. So this creates another.
psql -v ON_ERROR_STOP=1 -v password="$POSTGRES_PASSWORD" -U postgres <<'SQL'
create role taskward login password :'password';
create database taskward owner taskward;
SQL
