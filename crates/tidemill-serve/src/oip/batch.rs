//! Adaptive batching: requests that come within a short time are run as one, their rows below each other.
//!
//! Off unless it is asked for. Requests fit together where their inputs have the same names, types and row shapes. Where a batch
//! fails, or its outputs have not as many rows as it had, each of its requests is run by itself: one answer never hangs on another request.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::sync::oneshot;

use super::model::Run;
use super::{DataType, Problem, ProblemKind, Request, Tensor};

/// How requests are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batching {
    /// Rows of a batch at most.
    pub max_size: usize,
    /// How long the first request of a batch waits for others.
    pub max_time: Duration,
}

/// Puts requests of one model together.
#[derive(Debug)]
pub(crate) struct Batcher {
    settings: Batching,
    gathering: Mutex<Gathering>,
}

#[derive(Debug, Default)]
struct Gathering {
    batches: Vec<Batch>,
    next: u64,
}

/// Requests that wait to be run together.
#[derive(Debug)]
struct Batch {
    number: u64,
    form: Form,
    rows: usize,
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    request: Request,
    rows: usize,
    answer: oneshot::Sender<Result<Vec<Tensor>, Problem>>,
}

/// What two requests must have in common: inputs by name, type and shape of a row, and the outputs that are wanted.
#[derive(Debug, PartialEq, Eq)]
struct Form {
    inputs: Vec<(String, DataType, Vec<i64>)>,
    outputs: Vec<String>,
}

impl Batcher {
    pub(crate) fn new(settings: Batching) -> Arc<Self> {
        Arc::new(Self {
            settings,
            gathering: Mutex::default(),
        })
    }

    pub(crate) fn settings(&self) -> Batching {
        self.settings
    }

    /// Runs a request, with others where they come in time.
    ///
    /// # Errors
    /// What the model says of this request.
    pub(crate) async fn infer(self: &Arc<Self>, run: &Run, request: Request) -> Result<Vec<Tensor>, Problem> {
        let Some((form, rows)) = form(&request).filter(|(_, rows)| *rows < self.settings.max_size) else {
            return run.alone(request).await;
        };
        let (answer, answered) = oneshot::channel();
        let member = Member {
            request,
            rows,
            answer,
        };
        let (full, begun) = self.join(form, member);
        for batch in full {
            tokio::spawn(batch.run(run.clone()));
        }
        if let Some(number) = begun {
            let (all, run) = (Arc::clone(self), run.clone());
            tokio::spawn(async move {
                all.wait().await;
                if let Some(batch) = all.take(number) {
                    batch.run(run).await;
                }
            });
        }
        answered.await.unwrap_or_else(|_| {
            Err(Problem::new(
                ProblemKind::Internal,
                "the batch of this request broke off",
            ))
        })
    }

    /// Clocks do not tick finer than a millisecond here: what is shorter is as long as others have something to do.
    async fn wait(&self) {
        match self.settings.max_time < Duration::from_millis(1) {
            true => tokio::task::yield_now().await,
            false => tokio::time::sleep(self.settings.max_time).await,
        }
    }

    /// Adds a request to a batch that it fits. Gives back batches that are full now, and the number of one that was begun.
    fn join(&self, form: Form, member: Member) -> (Vec<Batch>, Option<u64>) {
        let mut gathering = self.gathering.lock().unwrap_or_else(PoisonError::into_inner);
        let mut full = Vec::new();
        let mut at = gathering.batches.iter().position(|batch| batch.form == form);
        if let Some(place) = at {
            gathering.batches[place].tidy();
        }
        if let Some(place) = at
            && gathering.batches[place].rows + member.rows > self.settings.max_size
        {
            full.push(gathering.batches.swap_remove(place));
            at = None;
        }
        let Some(place) = at else {
            let (number, rows) = (gathering.next, member.rows);
            gathering.next += 1;
            let members = vec![member];
            gathering.batches.push(Batch {
                number,
                form,
                rows,
                members,
            });
            return (full, Some(number));
        };
        let batch = &mut gathering.batches[place];
        batch.rows += member.rows;
        batch.members.push(member);
        if batch.rows >= self.settings.max_size {
            full.push(gathering.batches.swap_remove(place));
        }
        (full, None)
    }

    fn take(&self, number: u64) -> Option<Batch> {
        let mut gathering = self.gathering.lock().unwrap_or_else(PoisonError::into_inner);
        let place = gathering
            .batches
            .iter()
            .position(|batch| batch.number == number)?;
        Some(gathering.batches.swap_remove(place))
    }
}

impl Batch {
    /// Forgets who has gone: they are not run, and take no room.
    fn tidy(&mut self) {
        self.members.retain(|member| !member.answer.is_closed());
        self.rows = self.members.iter().map(|member| member.rows).sum();
    }

    async fn run(mut self, run: Run) {
        self.tidy();
        if self.members.len() > 1 {
            let requests: Vec<(&Request, usize)> = self
                .members
                .iter()
                .map(|member| (&member.request, member.rows))
                .collect();
            let rows: Vec<usize> = self.members.iter().map(|member| member.rows).collect();
            match run.alone(stacked(&requests)).await {
                Ok(outputs) => {
                    if let Some(parts) = parted(&outputs, &rows) {
                        for (member, part) in self.members.into_iter().zip(parts) {
                            // Who asked may have gone meanwhile.
                            let _ = member.answer.send(Ok(part));
                        }
                        return;
                    }
                }
                Err(problem) if matches!(problem.kind, ProblemKind::Exhausted | ProblemKind::Unavailable) => {
                    for member in self.members {
                        let _ = member.answer.send(Err(problem.clone()));
                    }
                    return;
                }
                // It may be one of them alone.
                Err(_) => {}
            }
        }
        let each = self.members.into_iter().map(|member| async {
            let answer = run.alone(member.request).await;
            let _ = member.answer.send(answer);
        });
        futures::future::join_all(each).await;
    }
}

/// What a request has in common with others, and how many rows it has; none where it has not the same number in each input.
fn form(request: &Request) -> Option<(Form, usize)> {
    let rows = *request.inputs.first()?.shape.first()?;
    let mut inputs = Vec::with_capacity(request.inputs.len());
    for input in &request.inputs {
        let (first, row) = input.shape.split_first()?;
        if *first != rows {
            return None;
        }
        inputs.push((input.name.clone(), input.datatype, row.to_vec()));
    }
    // In whatever order they come, they are the same.
    inputs.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    let outputs = request.outputs.clone();
    let rows = usize::try_from(rows).ok().filter(|rows| *rows > 0)?;
    Some((Form { inputs, outputs }, rows))
}

/// One request of all rows.
fn stacked(requests: &[(&Request, usize)]) -> Request {
    let Some(((first, _), _)) = requests.split_first() else {
        return Request::default();
    };
    let rows: usize = requests.iter().map(|(_, rows)| rows).sum();
    let inputs = first.inputs.iter().map(|input| {
        let mut content = BytesMut::new();
        for (request, _) in requests {
            let same = request.inputs.iter().find(|other| other.name == input.name);
            content.extend_from_slice(same.map_or(&[], |other| &other.content[..]));
        }
        let mut shape = input.shape.clone();
        shape[0] = i64::try_from(rows).unwrap_or(i64::MAX);
        Tensor {
            name: input.name.clone(),
            datatype: input.datatype,
            shape,
            content: content.freeze(),
        }
    });
    Request {
        id: first.id.clone(),
        inputs: inputs.collect(),
        outputs: first.outputs.clone(),
    }
}

/// The outputs of each request; none where an output has not one row for each.
fn parted(outputs: &[Tensor], rows: &[usize]) -> Option<Vec<Vec<Tensor>>> {
    let mut parts: Vec<Vec<Tensor>> = rows.iter().map(|_| Vec::with_capacity(outputs.len())).collect();
    let all: usize = rows.iter().sum();
    for output in outputs {
        if output
            .shape
            .first()
            .and_then(|first| usize::try_from(*first).ok())
            != Some(all)
        {
            return None;
        }
        let mut rest = output.content.clone();
        let ends = ends_of_rows(output, all)?;
        let (mut row, mut begin) = (0, 0);
        for (part, count) in parts.iter_mut().zip(rows) {
            row += count;
            let content: Bytes = rest.split_to(ends[row - 1] - begin);
            begin = ends[row - 1];
            let mut shape = output.shape.clone();
            shape[0] = i64::try_from(*count).ok()?;
            part.push(Tensor {
                name: output.name.clone(),
                datatype: output.datatype,
                shape,
                content,
            });
        }
    }
    Some(parts)
}

/// Where each row of a tensor ends, in bytes.
fn ends_of_rows(tensor: &Tensor, rows: usize) -> Option<Vec<usize>> {
    if tensor.datatype.size().is_some() {
        let row = tensor.content.len() / rows;
        return Some((1..=rows).map(|number| number * row).collect());
    }
    let texts = tensor.texts();
    let per_row = texts.len() / rows;
    if per_row == 0 {
        return None;
    }
    let mut end = 0;
    let mut ends = Vec::with_capacity(rows);
    for row in texts.chunks(per_row) {
        end += row.iter().map(|text| 4 + text.len()).sum::<usize>();
        ends.push(end);
    }
    Some(ends)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oip::push_text;

    fn numbers(values: &[f32]) -> Tensor {
        Tensor {
            name: "x".into(),
            datatype: DataType::Fp32,
            shape: vec![values.len() as i64 / 2, 2],
            content: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        }
    }

    fn texts(values: &[&str]) -> Tensor {
        let mut content = Vec::new();
        for value in values {
            push_text(&mut content, value.as_bytes());
        }
        Tensor {
            name: "t".into(),
            datatype: DataType::Bytes,
            shape: vec![values.len() as i64, 1],
            content: content.into(),
        }
    }

    fn request(tensors: &[Tensor]) -> Request {
        Request {
            inputs: tensors.to_vec(),
            ..Request::default()
        }
    }

    #[test]
    fn rows_come_back_to_the_requests_that_they_came_with() {
        let one = request(&[texts(&["a", "longer"]), numbers(&[1., 2., 3., 4.])]);
        let other = request(&[texts(&[""]), numbers(&[5., 6.])]);
        assert_eq!(form(&one).expect("rows").0, form(&other).expect("rows").0);
        let whole = stacked(&[(&one, 2), (&other, 1)]);
        assert_eq!(
            (&whole.inputs[0].shape, &whole.inputs[1].shape),
            (&vec![3, 1], &vec![3, 2])
        );
        let parts = parted(&whole.inputs, &[2, 1]).expect("a row for each");
        assert_eq!(parts, [one.inputs, other.inputs]);
    }

    #[test]
    fn inputs_are_the_same_in_any_order_and_stay_in_that_of_their_request() {
        let one = request(&[texts(&["a"]), numbers(&[1., 2.])]);
        let other = request(&[numbers(&[3., 4.]), texts(&["b"])]);
        assert_eq!(form(&one).expect("rows").0, form(&other).expect("rows").0);
        let whole = stacked(&[(&one, 1), (&other, 1)]);
        let names: Vec<&str> = whole.inputs.iter().map(|input| input.name.as_str()).collect();
        assert_eq!(names, ["t", "x"]);
        assert_eq!(whole.inputs[0].texts(), [b"a", b"b"]);
        assert_eq!(whole.inputs[1].content, numbers(&[1., 2., 3., 4.]).content);
    }

    #[test]
    fn who_has_gone_takes_no_room_in_a_batch() {
        let batcher = Batcher::new(Batching {
            max_size: 3,
            max_time: Duration::from_secs(1),
        });
        let member = || {
            let request = request(&[numbers(&[1., 2.])]);
            let (answer, answered) = oneshot::channel();
            let (form, rows) = form(&request).expect("rows");
            let member = Member {
                request,
                rows,
                answer,
            };
            (form, member, answered)
        };
        let (form, first, first_answered) = member();
        assert_eq!(batcher.join(form, first).1, Some(0));
        let (form, gone, gone_answered) = member();
        batcher.join(form, gone);
        drop(gone_answered);
        let (form, third, third_answered) = member();
        assert!(
            batcher.join(form, third).0.is_empty(),
            "there is room for one more"
        );
        let (form, fourth, fourth_answered) = member();
        let (full, _) = batcher.join(form, fourth);
        assert_eq!(
            full.iter().map(|batch| batch.members.len()).collect::<Vec<_>>(),
            [3]
        );
        drop((first_answered, third_answered, fourth_answered));
    }

    #[test]
    fn what_has_no_rows_or_not_as_many_is_run_alone() {
        let scalar = Tensor {
            shape: Vec::new(),
            ..numbers(&[1., 2.])
        };
        assert!(form(&request(&[scalar])).is_none());
        assert!(form(&request(&[texts(&["a"]), numbers(&[1., 2., 3., 4.])])).is_none());
        let mean = numbers(&[1., 2.]);
        assert!(
            parted(&[mean], &[1, 1]).is_none(),
            "one row came for a batch of two"
        );
    }
}
