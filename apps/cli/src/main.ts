#!/usr/bin/env node
import { runCli } from './command-line/run-cli';
import { endProcess, processSurroundings } from './command-line/surroundings';

void runCli(process.argv.slice(2), processSurroundings()).then(endProcess);
