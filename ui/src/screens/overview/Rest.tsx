import { DayPart } from "./DayPart";
import { DaysChart } from "./DaysChart";
import { Goals } from "./Goals";
import { Moves } from "./Moves";
import type { OverviewData } from "./Overview";
import classes from "./overview.module.css";
import { Pressure } from "./Pressure";
import { Rules } from "./Rules";

export function Rest({ data }: { data: OverviewData }) {
  return (
    <>
      <DaysChart data={data} />
      <DayPart today={data.today.date} days={data.days} />
      <div className={classes.pair}>
        <div>
          <Rules data={data} />
          <Goals data={data} />
        </div>
        <div>
          <Pressure data={data} />
          <Moves data={data} />
        </div>
      </div>
    </>
  );
}
