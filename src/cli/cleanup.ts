import { Command } from 'commander';
import { sweep } from '../retention/sweep.ts';
import type { DeliveryPlanner } from '../storage/events.ts';
