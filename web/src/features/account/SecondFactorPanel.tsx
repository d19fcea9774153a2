import { Button } from '@mantine/core';
import { useState } from 'react';
import type { AccountQuery } from '../../graphql/generated';
import { formatDay } from '../../lib/format';
import { Panel } from '../../ui/Panel';
import { Enrol } from './Enrol';
import { ProveAnew } from './ProveAnew';
import classes from './parts.module.css';
import { RecoveryCodes } from './RecoveryCodes';

interface Props {
  state: NonNullable<AccountQuery['me']>['secondFactor'];
  onChange: () => void;
}

/** What the person is busy with. */
type Step = { at: 'rest' | 'enrol' | 'disable' | 'renew' } | { at: 'codes'; codes: string[] };

/** The authenticator app: set up, made new codes for, switched off. */
export function SecondFactorPanel({ state, onChange }: Props) {
  const [step, setStep] = useState<Step>({ at: 'rest' });
  const rest = () => setStep({ at: 'rest' });

  function show(codes: string[]) {
    setStep({ at: 'codes', codes });
    onChange();
  }

  return (
    <Panel title="Second factor" aside={state ? `On since ${formatDay(state.enabledAt)}` : 'Off'}>
      <div className={classes.body}>
        {step.at === 'rest' && !state && (
          <>
            <p className={classes.words}>
              With an authenticator app on your phone, your password alone is of no use to anybody else.
            </p>
            <Button onClick={() => setStep({ at: 'enrol' })}>Set up an authenticator app</Button>
          </>
        )}
        {step.at === 'rest' && state && (
          <>
            <p className={classes.words}>
              A sign-in asks for the code of your authenticator app. You have {state.recoveryCodesLeft}{' '}
              recovery codes left.
            </p>
            <div className={classes.actions}>
              <Button variant="default" onClick={() => setStep({ at: 'renew' })}>
                Make new recovery codes
              </Button>
              <Button variant="default" onClick={() => setStep({ at: 'disable' })}>
                Switch off
              </Button>
            </div>
          </>
        )}
        {step.at === 'enrol' && <Enrol onDone={show} onCancel={rest} />}
        {step.at === 'codes' && <RecoveryCodes codes={step.codes} onDone={rest} />}
        {(step.at === 'disable' || step.at === 'renew') && (
          <ProveAnew
            what={step.at}
            onCancel={rest}
            onRenewed={show}
            onDisabled={() => {
              rest();
              onChange();
            }}
          />
        )}
      </div>
    </Panel>
  );
}
