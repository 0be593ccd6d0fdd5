"""A FastAPI application behind Mangum, with validation by types."""
from fastapi import FastAPI, Response
from mangum import Mangum
from pydantic import BaseModel


class Order(BaseModel):
    item: str
    count: int = 1


app = FastAPI()


@app.get("/orders/{order_id}")
def show(order_id: int, response: Response, verbose: bool = False):
    response.set_cookie("seen", str(order_id))
    return {"id": order_id, "verbose": verbose}


@app.post("/orders", status_code=201)
def place(order: Order):
    return {"id": 7, **order.model_dump()}


handler = Mangum(app, lifespan="off")
