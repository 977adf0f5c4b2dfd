/** A broker with our mappings: a request goes straight to an owner of its key. */
import {testPlainRequests} from './plain-requests.js';

testPlainRequests({});
