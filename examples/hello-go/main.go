// A function in Go for provided.al2023: AWS's library speaks the Runtime API, the program is named bootstrap.
//
//	CGO_ENABLED=0 GOOS=linux go build -tags lambda.norpc -o bootstrap . && zip hello.zip bootstrap
package main

import (
	"context"
	"errors"
	"log"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type event struct {
	Name string `json:"name"`
}

type answer struct {
	Greeting  string `json:"greeting"`
	RequestID string `json:"requestId"`
}

func greet(ctx context.Context, e event) (answer, error) {
	if e.Name == "" {
		return answer{}, errors.New("nobody to greet")
	}
	log.Printf("greeting %s", e.Name)
	about, _ := lambdacontext.FromContext(ctx)
	return answer{Greeting: "Hello, " + e.Name + "!", RequestID: about.AwsRequestID}, nil
}

func main() {
	lambda.Start(greet)
}
