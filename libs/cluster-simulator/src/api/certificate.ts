import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/*
 * A self-signed certificate, written as DER by hand: Node makes keys and signatures, but no certificates.
 */

type Part = Buffer;

function tagged(tag: number, ...parts: Part[]): Part {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: Part[]): Part => tagged(0x30, ...parts);
const set = (...parts: Part[]): Part => tagged(0x31, ...parts);
const integer = (bytes: Buffer): Part => tagged(0x02, bytes);
const oid = (...bytes: number[]): Part => tagged(0x06, Buffer.from(bytes));
const utf8 = (text: string): Part => tagged(0x0c, Buffer.from(text));
const octets = (content: Part): Part => tagged(0x04, content);
const bits = (content: Buffer): Part => tagged(0x03, Buffer.from([0]), content);
const truth = tagged(0x01, Buffer.from([0xff]));

/** A moment as certificates have it: UTCTime up to 2049, GeneralizedTime after. */
function time(at: Date): Part {
  const digits = at.toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return at.getUTCFullYear() < 2050 ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits));
}

const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
const commonName = oid(0x55, 0x04, 0x03);
const basicConstraints = oid(0x55, 0x1d, 0x13);
const subjectAltName = oid(0x55, 0x1d, 0x11);

const address = (host: string): Part =>
  /^\d+(\.\d+){3}$/.test(host)
    ? tagged(0x87, Buffer.from(host.split('.').map(Number)))
    : tagged(0x82, Buffer.from(host));

/** A key and the certificate of it, as PEM. The certificate is its own authority. */
export type Certificate = { key: string; certificate: string };

/** Makes a certificate for these hosts (names and IPv4 addresses) that is good from an hour ago for ten years. */
export function selfSigned(hosts: readonly string[], now = Date.now()): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(set(sequence(commonName, utf8('cluster-simulator'))));
  const validity = sequence(time(new Date(now - 3_600_000)), time(new Date(now + 10 * 365 * 86_400_000)));
  const extensions = sequence(
    sequence(basicConstraints, truth, octets(sequence(truth))),
    sequence(subjectAltName, octets(sequence(...hosts.map(address)))),
  );
  const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(15)]);
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    ecdsaWithSha256,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, extensions),
  );
  const certificate = sequence(body, ecdsaWithSha256, bits(sign('sha256', body, privateKey)));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: `-----BEGIN CERTIFICATE-----\n${(certificate.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`,
  };
}
