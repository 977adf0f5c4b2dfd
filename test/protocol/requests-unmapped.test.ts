/**
 * A stock broker without mappings: any host takes a request in and hands it to an owner if it is
 * none itself.
 */
import {testPlainRequests} from './plain-requests.js';

testPlainRequests({hosts: 4, mappings: false});
