# SPDX-License-Identifier: CC0-1.0
# Once, in the new root: TLS where it is offered, clear text where it is not; dma has no way to prove a certificate.
echo client.example > /etc/mailname
cat > /etc/dma/dma.conf << 'END'
MAILNAME /etc/mailname
SECURETRANSFER
STARTTLS
OPPORTUNISTIC_TLS
END
