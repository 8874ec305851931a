import type { StaffRoleWord } from "../../protocol";
import { t as ta } from "../words";

export const ROLES: readonly StaffRoleWord[] = [
  "secretary",
  "nurse",
  "doctor",
  "radiologist",
  "administrator",
  "auditor",
];

interface RolesProps {
  legend: string;
  chosen: readonly StaffRoleWord[];
  onChosen(roles: StaffRoleWord[]): void;
}

/** Which roles somebody has, as boxes to tick. */
export function Roles({ legend, chosen, onChosen }: RolesProps) {
  return (
    <fieldset class="admin-choices">
      <legend>{legend}</legend>
      {ROLES.map((role) => (
        <label key={role} class="check">
          <input
            type="checkbox"
            checked={chosen.includes(role)}
            onChange={(event) =>
              onChosen(ROLES.filter((each) => (each === role ? event.currentTarget.checked : chosen.includes(each))))
            }
          />
          {ta(`staff.${role}`)}
        </label>
      ))}
    </fieldset>
  );
}
