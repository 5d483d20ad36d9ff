// The queues without which a service publishes nothing: the journal takes every event, and the broker confirms what only it
// has. Written down, as no service imports the others to ask what they hear; a test holds it to the topology.
import type { ServiceName } from '../events/service.js';

export const requiredQueues: Readonly<Record<ServiceName, readonly string[]>> = {
  gateway: ['console.facts', 'discovery.facts'],
  discovery: ['console.facts', 'licensing.facts', 'autogroup.facts', 'assessment.facts', 'forwarding.facts'],
  licensing: ['console.facts', 'autogroup.facts', 'assessment.facts'],
  autogroup: ['console.facts', 'assessment.facts'],
  assessment: ['console.facts'],
  forwarding: ['console.facts'],
  console: [
    'console.facts',
    'console.control',
    'discovery.facts',
    'discovery.control',
    'licensing.facts',
    'licensing.control',
    'autogroup.facts',
    'autogroup.control',
    'assessment.facts',
    'assessment.control',
    'forwarding.facts',
    'forwarding.control',
  ],
};
