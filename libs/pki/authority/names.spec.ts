// Subject and alternative names as people type them.
import { describe, expect, it } from 'vitest';
import { namesOfDer, parseAlternativeNames, derOfNames, textOfNames } from './alternative-names.js';
import { AuthorityFault } from './fault.js';
import { derOfSubject, parseSubject, subjectOfDer, textOfSubject } from './subject.js';

describe('alternative names', () => {
  it.each([
    ['DNS:a, IP:10.0.0.1, IP:fc00::1', 'DNS:a, IP:10.0.0.1, IP:fc00::1'],
    ['dns:Printer.Example,ip:FC00:0:0:0:0:0:0:1', 'DNS:printer.example, IP:fc00::1'],
    ['DNS:*.example.com', 'DNS:*.example.com'],
    ['  ', ''],
  ])('takes "%s"', (typed, kept) => {
    const names = parseAlternativeNames(typed);
    expect(textOfNames(names)).toBe(kept);
    expect(textOfNames(namesOfDer(derOfNames(names)))).toBe(kept);
  });

  it.each([
    ['printer.example', '"printer.example" does not begin with DNS: or IP:'],
    ['DNS:a,,IP:10.0.0.1', '"" does not begin with DNS: or IP:'],
    ['DNS:a b', '"a b" is no DNS name'],
    ['DNS:10.0.0.1', '"10.0.0.1" is no DNS name'],
    ['DNS:*', '"*" is no DNS name'],
    ['DNS:a.*.example', '"a.*.example" is no DNS name'],
    ['DNS:-a.example', '"-a.example" is no DNS name'],
    ['IP:10.0.0.256', '"10.0.0.256" is no IP address'],
    ['IP:10.1', '"10.1" is no IP address'],
    ['IP:fe80::1%eth0', '"fe80::1%eth0" is no IP address'],
    ['URI:http://a', '"URI:http://a" does not begin with DNS: or IP:'],
    ['DNS:a, dns:A', 'DNS:a is there twice'],
    [
      Array.from({ length: 101 }, (_, index) => `DNS:n${index}`).join(),
      'there are 101 names, and 100 are allowed',
    ],
  ])('refuses "%s" and says why', (typed, why) => {
    expect(() => parseAlternativeNames(typed)).toThrow(AuthorityFault);
    expect(() => parseAlternativeNames(typed)).toThrow(why);
  });
});

describe('a subject', () => {
  it.each([
    ['CN=muster.example, O=Example', 'O=Example, CN=muster.example'],
    ['cn=Drucker Süd,o=Example\\, Inc.,c=DE', 'C=DE, O=Example\\, Inc., CN=Drucker Süd'],
    ['CN=Printer, serialNumber=VNB3K12345', 'CN=Printer, serialNumber=VNB3K12345'],
  ])('takes "%s"', (typed, kept) => {
    const subject = parseSubject(typed);
    expect(textOfSubject(subject)).toBe(kept);
    expect(subjectOfDer(derOfSubject(subject))).toEqual(subject);
  });

  it.each([
    ['muster', '"muster" is no field and value'],
    ['X=y', '"X=y" is no field and value, as CN=Name; fields are C, ST, L, O, OU, CN, serialNumber'],
    ['CN=a, CN=b', 'CN is there twice'],
    ['CN=', 'CN has 1 to 64 characters'],
    [`CN=${'x'.repeat(65)}`, 'CN has 1 to 64 characters'],
    ['C=Germany', 'C has 1 to 2 characters'],
    ['C=de', 'C is a country in two capital letters, not "de"'],
    ['serialNumber=a_b', 'serialNumber "a_b" has a character that is not allowed there'],
    ['CN=a\u0007b', 'CN has a control character in it'],
  ])('refuses "%s" and says why', (typed, why) => {
    expect(() => parseSubject(typed)).toThrow(why);
  });
});
