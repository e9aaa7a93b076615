import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { registerDoctorProxy } from './proxy.ts';

/** Defines `tokens doctor` and its commands. */
export function defineDoctor(doctor: Command, ctx: Context): void {
  doctor.description('Check your proxy setup.');
  doctor.addHelpText('after', '\nExample:\n  $ tokens doctor proxy https://api.example.com/builds');
  registerDoctorProxy(doctor, ctx);
}
