import { type Command, Option } from 'commander';
import { PLACE_WAYS, type PlaceWay } from '../../moving/place-file.ts';

export interface PlaceOptions extends Readonly<Record<string, unknown>> {
  readonly how?: PlaceWay;
}

/** Adds --how to a command that copies a directory. */
export function addPlaceOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--how <way>',
      'auto: hard links where the file system allows them, copies elsewhere; link; copy',
    )
      .choices(PLACE_WAYS)
      .default('auto'),
  );
}

export function placeWayOf({ how = 'auto' }: PlaceOptions): PlaceWay {
  return how;
}
