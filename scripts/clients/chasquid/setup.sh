# SPDX-License-Identifier: CC0-1.0
# Once, in the new root: one domain, one user, a certificate for the submission port, which no one proves.
rm -rf /etc/chasquid/certs/* /etc/chasquid/domains/*
mkdir -p /etc/chasquid/certs/client.example /etc/chasquid/domains/client.example
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=client.example \
	-keyout /etc/chasquid/certs/client.example/privkey.pem -out /etc/chasquid/certs/client.example/fullchain.pem
cat > /etc/chasquid/chasquid.conf << 'END'
hostname: "client.example"
smtp_address: "127.0.0.1:2525"
submission_address: "127.0.0.1:587"
data_dir: "/var/lib/chasquid"
mail_log_path: "<stdout>"
END
chasquid-util user-add user@client.example --password=secret
# Without systemd in the root nobody made the package's user.
getent passwd _chasquid > /dev/null || useradd --system --no-create-home --home-dir /var/lib/chasquid _chasquid
chown -R _chasquid:_chasquid /etc/chasquid /var/lib/chasquid
