/**
 * A broker whose mappings were made for another number of partitions: hosts set its requests right.
 */
import {testPlainRequests} from './plain-requests.js';

testPlainRequests({hosts: 4, mappings: 31});
